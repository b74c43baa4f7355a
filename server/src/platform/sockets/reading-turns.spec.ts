import { expect, it } from '@jest/globals';
import { type Reader, ReadingTurns } from './reading-turns.js';

const turn = () => new Promise(setImmediate);

/** Has so many messages; each takes the main thread for some time, in a tick of its own as Socket.IO does. */
function readerOf(name: string, messages: number, order: string[], busyMs = 0): Reader {
  let left = messages;
  return {
    handOn() {
      process.nextTick(() => {
        const until = performance.now() + busyMs;
        while (performance.now() < until);
        order.push(name);
      });
      return --left > 0;
    },
  };
}

it('A21: readers take turns', async () => {
  const turns = new ReadingTurns();
  const order: string[] = [];
  for (const name of ['a', 'b', 'c']) turns.join(readerOf(name, name === 'b' ? 1 : 3, order));
  for (let n = 0; n < 10; n++) await turn();
  expect(order.join('')).toBe('abcacac');
});

it('A21: between two slices of work that takes long, sockets are looked at', async () => {
  const turns = new ReadingTurns();
  const order: string[] = [];
  turns.join(readerOf('flood', 5, order, 10));
  for (let n = 0; n < 5; n++) {
    await turn();
    order.push('others');
  }
  expect(order.slice(0, 4)).toEqual(['flood', 'others', 'flood', 'others']);
});

it('who has left is not asked', async () => {
  const turns = new ReadingTurns();
  const order: string[] = [];
  const gone = readerOf('gone', 3, order);
  turns.join(gone);
  turns.leave(gone);
  await turn();
  expect(order).toEqual([]);
});
