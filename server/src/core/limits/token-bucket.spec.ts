import { expect, it } from '@jest/globals';
import { TokenBucket } from './token-bucket.js';

it('lets a burst through, then so many a second, and says how long to wait', () => {
  const bucket = new TokenBucket(3, 10);
  expect([0, 0, 0, 0].map(() => bucket.take(1000))).toEqual([0, 0, 0, 100]);
  expect(bucket.take(1050)).toBe(50);
  expect(bucket.take(1100)).toBe(0);
  expect(bucket.take(1100)).toBe(100);
  // What is saved up is a burst at most.
  expect([0, 0, 0, 0].map(() => bucket.take(100_000))).toEqual([0, 0, 0, 100]);
});

it('charges what has happened already, and says how long it takes to be paid', () => {
  const bucket = new TokenBucket(100, 1000);
  expect(bucket.charge(100, 0)).toBe(0);
  expect(bucket.charge(500, 0)).toBe(500);
  expect(bucket.charge(0, 400)).toBe(100);
  expect(bucket.charge(0, 500)).toBe(0);
  expect(bucket.isFull(599)).toBe(false);
  expect(bucket.isFull(600)).toBe(true);
});
