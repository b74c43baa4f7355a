import { setTimeout as delay } from 'node:timers/promises';
import { patience } from './patience.js';

/**
 * Asks until the answer is true; fails with `what` after the deadline. Tests wait for conditions, never for time.
 * `timeoutMs` is of a quiet machine: one that is slow or busy when it is over gets longer.
 */
export async function eventually(
  what: string,
  ask: () => Promise<boolean> | boolean,
  timeoutMs = 15_000,
): Promise<void> {
  const began = performance.now();
  let allowedMs = timeoutMs;
  while (!(await ask())) {
    const waitedMs = performance.now() - began;
    if (waitedMs > allowedMs) {
      allowedMs = timeoutMs * patience();
      if (waitedMs > allowedMs) throw new Error(`not within ${Math.round(allowedMs)} ms: ${what}`);
    }
    await delay(20);
  }
}
