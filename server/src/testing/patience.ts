import { availableParallelism, loadavg } from 'node:os';

/** How long `spin` takes where the bounds of the specs were written: one core of a 2.6 GHz EPYC that does nothing else. */
const REFERENCE_MS = 25;
const TURNS = 20_000_000;
const MOST = 8;

/** What is known of a machine at some moment. */
export interface Machine {
  /** What `spin` took of the clock: longer on a slow core, and on one that others use at the same time. */
  readonly spinMs: number;
  /** Processes that wanted a core, on average over the last minute: also what has just ended. */
  readonly load: number;
  readonly cores: number;
}

/**
 * How many times longer than on the quiet reference machine a test has to allow for: 1 to 8, never less than what the
 * machine shows. A time that the product promises is multiplied by it: `expect(ms).toBeLessThan(1_000 * patience())`.
 * Ask for it after what was measured, and not beside it: finding out holds the thread for some 30 ms.
 */
export function patience(): number {
  return patienceWith({ spinMs: spin(), load: loadavg()[0]!, cores: availableParallelism() });
}

export function patienceWith({ spinMs, load, cores }: Machine): number {
  return Math.min(MOST, Math.max(1, spinMs / REFERENCE_MS, load / cores));
}

/** A fixed amount of work for one core, in milliseconds of the clock. No global is used in it: under jest each use costs 0.2 µs. */
function spin(): number {
  const began = performance.now();
  let mixed = 1;
  for (let turn = 0; turn < TURNS; turn++) mixed ^= (mixed << 13) ^ (mixed >> 17) ^ turn;
  const tookMs = performance.now() - began;
  // Read, or the loop might be left out.
  return mixed === 0.5 ? 0 : tookMs;
}
