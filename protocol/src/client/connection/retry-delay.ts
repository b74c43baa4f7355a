import type { TandemError } from '../../errors.js';

const FIRST_MS = 250;
const MOST_MS = 5_000;

/**
 * How long a refused request waits before it is repeated, in milliseconds: as long as the server says, which spreads those
 * that it refuses together; else from 250 ms doubling to 5 s, less up to half of it by chance. `random` is from 0 to below 1.
 */
export const retryDelay = (error: TandemError, failures: number, random: number): number =>
  error.retryAfterMs ?? Math.min(MOST_MS, FIRST_MS * 2 ** failures) * (1 - random / 2);
