import { describe, expect, it } from '@jest/globals';
import { patience, patienceWith } from './patience.js';

describe('patience', () => {
  const QUIET = { spinMs: 25, load: 0.1, cores: 2 };

  it.each([
    ['a quiet machine gets none', {}, 1],
    ['one that is faster than the reference neither', { spinMs: 10 }, 1],
    ['one whose cores are slow', { spinMs: 75 }, 3],
    ['one on which more runs than it has cores for', { load: 5 }, 2.5],
    ['the worse of both', { spinMs: 100, load: 3 }, 4],
    ['it has an end', { spinMs: 10_000, load: 500 }, 8],
  ])('%s', (_, machine, times) => {
    expect(patienceWith({ ...QUIET, ...machine })).toBe(times);
  });

  it('is found out of this machine', () => {
    const began = performance.now();
    const times = patience();
    const tookMs = performance.now() - began;
    expect(times).toBeGreaterThanOrEqual(1);
    expect(times).toBeLessThanOrEqual(8);
    // Asked for in many specs, it must not take much of their time.
    expect(tookMs).toBeLessThan(500 * times);
  });
});
