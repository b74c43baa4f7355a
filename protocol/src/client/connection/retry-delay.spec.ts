import { expect, it } from '@jest/globals';
import { TandemError } from '../../errors.js';
import { retryDelay } from './retry-delay.js';

it('LIM-9: waits as long as the server says', () => {
  const error = new TandemError('overloaded', undefined, undefined, 1234);
  expect([0, 3, 20].map((failures) => retryDelay(error, failures, 0.9))).toEqual([1234, 1234, 1234]);
});

it('LIM-9: without that its own delays grow up to 5 s, and no two clients have the same', () => {
  const error = new TandemError('internal');
  expect([0, 1, 4, 5, 20].map((failures) => retryDelay(error, failures, 0))).toEqual([250, 500, 4000, 5000, 5000]);
  expect([0, 0.5, 0.999].map((random) => Math.round(retryDelay(error, 20, random)))).toEqual([5000, 3750, 2502]);
});
