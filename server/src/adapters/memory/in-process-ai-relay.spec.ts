import { describe } from '@jest/globals';
import { aiRelayContract } from '../../testing/ai-relay-contract.js';
import { InProcessAiRelay } from './in-process-ai-relay.js';

describe('InProcessAiRelay', () => {
  aiRelayContract(async () => {
    const errors: unknown[] = [];
    const relay = new InProcessAiRelay((error) => errors.push(error));
    return { a: relay, b: relay, errors, stop: () => relay.close() };
  });
});
