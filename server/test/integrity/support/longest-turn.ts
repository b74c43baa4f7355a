import { setTimeout as delay } from 'node:timers/promises';
import { patience } from '../../../src/testing/patience.js';

/** Of the same work, at most. */
export const TIMES = 3;

export interface Turns {
  /** The longest stretch for which the thread was held, in milliseconds of its own time: not of what it waited for the machine. */
  readonly longestMs: number;
  readonly tookMs: number;
}

/** Runs work and looks in every turn of the event loop how long the one before it was. */
export async function turnsOf(work: () => Promise<unknown>): Promise<Turns> {
  let longestMs = 0;
  let last = threadMs();
  let isOver = false;
  const look = () => {
    const now = threadMs();
    longestMs = Math.max(longestMs, now - last);
    last = now;
    if (!isOver) setImmediate(look);
  };
  setImmediate(look);
  await delay(10);
  longestMs = 0;
  const began = performance.now();
  await work();
  const tookMs = performance.now() - began;
  await delay(1);
  isOver = true;
  return { longestMs, tookMs };
}

export interface BestTurns extends Turns {
  /** Of the machine when the last of them was over: what their bounds are multiplied by. */
  readonly patience: number;
}

/**
 * The best of a few: what is systematic is in each of them. With bounds (of a quiet machine), no more of them than it takes
 * to keep these.
 */
export async function bestTurnsOf(
  work: () => Promise<unknown>,
  { longestMs = 0, tookMs = Number.POSITIVE_INFINITY }: Partial<Turns> = {},
): Promise<BestTurns> {
  let best: BestTurns = { longestMs: Number.POSITIVE_INFINITY, tookMs: Number.POSITIVE_INFINITY, patience: 1 };
  const isWithin = () => best.longestMs < longestMs * best.patience && best.tookMs < tookMs * best.patience;
  for (let i = 0; i < TIMES && !isWithin(); i++) {
    const one = await turnsOf(work);
    best = {
      longestMs: Math.min(best.longestMs, one.longestMs),
      tookMs: Math.min(best.tookMs, one.tookMs),
      patience: patience(),
    };
  }
  return best;
}

function threadMs(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1000;
}
