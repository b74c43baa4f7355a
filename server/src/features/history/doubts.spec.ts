import { expect, it } from '@jest/globals';
import { Doubts } from './doubts.js';

const HOUR = 60 * 60_000;

/** The hours of 100 in which a pass, one an hour, looks at the document; `looked` says what becomes of it. */
function looks(looked: (doubts: Doubts, hour: number) => void): number[] {
  let now = 0;
  const doubts = new Doubts(() => now);
  const hours: number[] = [];
  for (let hour = 0; hour < 100; hour++, now += HOUR) {
    if (doubts.has('a')) continue;
    hours.push(hour);
    looked(doubts, hour);
  }
  expect(doubts.has('b')).toBe(false);
  return hours;
}

it('HIST-7: a document that does not verify is looked at once a day', () => {
  expect(looks((doubts) => doubts.add('a', 'unverified'))).toEqual([0, 24, 48, 72, 96]);
});

it('HIST-7: one that takes too long is tried again with the next pass, and then less and less often', () => {
  expect(looks((doubts) => doubts.add('a', 'slow'))).toEqual([0, 1, 2, 4, 8, 16, 32, 56, 80]);
});

it('HIST-7: one that was only once too slow is as any other', () => {
  const hours = looks((doubts, hour) => {
    if (hour === 0 || hour === 50) doubts.add('a', 'slow');
    else doubts.clear('a');
  });
  expect(hours).toHaveLength(100);
});
