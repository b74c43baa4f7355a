import { setTimeout as delay } from 'node:timers/promises';

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

/** The best of a few: what is systematic is in each of them. */
export async function bestTurnsOf(work: () => Promise<unknown>, times = 3): Promise<Turns> {
  const all: Turns[] = [];
  for (let i = 0; i < times; i++) all.push(await turnsOf(work));
  return {
    longestMs: Math.min(...all.map((one) => one.longestMs)),
    tookMs: Math.min(...all.map((one) => one.tookMs)),
  };
}

function threadMs(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1000;
}
