import { expect, it } from '@jest/globals';
import type { Work } from '../core/work.js';
import { eventually } from '../testing/eventually.js';
import { inTurns } from './long-work.js';

/** Holds the thread for so many pieces of a millisecond. */
function* busy(pieces: number): Work<string> {
  for (let i = 0; i < pieces; i++) {
    const until = performance.now() + 1;
    while (performance.now() < until);
    yield;
  }
  return 'done';
}

it('short work is done at once', async () => {
  // Unless the machine has taken the thread away in the middle of it.
  await eventually('it is done in the turn in which it was begun', async () => {
    const order: string[] = [];
    const next = new Promise((resolve) => setImmediate(() => resolve(order.push('turn'))));
    await inTurns(busy(1)).then((result) => order.push(result));
    await next;
    return order.join() === 'done,turn';
  });
});

it('of all long work one slice is done in a turn, and others have theirs in between', async () => {
  let turns = 0;
  let isOver = false;
  const count = () => {
    turns++;
    if (!isOver) setImmediate(count);
  };
  setImmediate(count);
  const works = Array.from({ length: 5 }, () => inTurns(busy(30)));
  expect(await Promise.all(works)).toEqual(new Array(5).fill('done'));
  isOver = true;
  // 150 ms in slices of about 6, none of which share a turn.
  expect(turns).toBeGreaterThan(15);
});

it('rejects with what the work throws, and lets the others go on', async () => {
  function* failing(): Work<never> {
    yield* busy(10);
    throw new Error('broken');
  }
  const other = inTurns(busy(20));
  await expect(inTurns(failing())).rejects.toThrow('broken');
  expect(await other).toBe('done');
});
