import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Work } from '../core/work.js';

/** How long work may hold the thread at a time, in milliseconds, and how long at once: much of it may begin in one turn. */
const SLICE_MS = 6;
const FIRST_SLICE_MS = 2;

/** Of all long work of this process: the event loop is one, however many documents are loading. */
let last: Promise<unknown> = Promise.resolve();

/**
 * Runs long work on the main thread in slices, one of all such work in each turn of the event loop. What is done within the
 * first slice has no wait at all.
 */
export async function inTurns<T>(work: Work<T>): Promise<T> {
  for (let until = performance.now() + FIRST_SLICE_MS; ; ) {
    const step = work.next();
    if (step.done) return step.value;
    if (performance.now() < until) continue;
    last = last.then(() => nextTurn());
    await last;
    until = performance.now() + SLICE_MS;
  }
}
