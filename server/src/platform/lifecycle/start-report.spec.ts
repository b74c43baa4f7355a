import { expect, test } from '@jest/globals';
import { StartReport } from './start-report.js';

test('each step is one line with its time, written when it is done', async () => {
  let written = '';
  const report = new StartReport((text) => {
    written += text.replace(/[\d.]+ s/g, 'n s');
  });
  expect(await report.step('configuration', () => 7)).toBe(7);
  await report.step('PostgreSQL', async (note) => note('version 18.4'));
  await expect(report.step('listening', () => Promise.reject(new Error('taken')))).rejects.toThrow('taken');
  expect(written.split('\n').map((line) => line.replace(/ {2,}/g, '  '))).toEqual([
    '  ✓ configuration  n s',
    '  ✓ PostgreSQL  n s  version 18.4',
    '  ✗ listening  n s',
    '',
  ]);
});
