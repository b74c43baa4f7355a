import { describe } from '@jest/globals';
import { signInThrottleContract } from '../../testing/sign-in-throttle-contract.js';
import { MemorySignInThrottle } from './memory-sign-in-throttle.js';

describe('MemorySignInThrottle', () => {
  signInThrottleContract(() => {
    let now = 0;
    const age = async (ms: number) => {
      now += ms;
    };
    return { throttle: new MemorySignInThrottle(() => now), age };
  });
});
