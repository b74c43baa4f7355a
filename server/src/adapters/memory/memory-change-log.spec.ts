import { describe } from '@jest/globals';
import { changeLogContract } from '../../testing/change-log-contract.js';
import { MemoryChangeLog } from './memory-change-log.js';

describe('MemoryChangeLog', () => {
  changeLogContract(() => {
    const log = new MemoryChangeLog();
    const nothing = () => undefined;
    return { log, begin: (change) => log.begin(change), age: nothing, close: nothing };
  });
});
