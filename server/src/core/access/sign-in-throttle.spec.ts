import { describe, expect, test } from '@jest/globals';
import { SignInThrottle } from './sign-in-throttle.js';

const HOUR = 3600_000;

/** Tries until `count` attempts were let in, waiting as told; returns the time that took. */
function guess(throttle: SignInThrottle, count: number, address = 'a', from = 0): number {
  let now = from;
  for (let done = 0; done < count; ) {
    const wait = throttle.begin('ada', address, now);
    if (wait === 0) done += 1;
    now += wait;
  }
  return now - from;
}

describe('A37 guessing passwords', () => {
  test('ten attempts are free, then each waits twice as long, up to 15 minutes', () => {
    const throttle = new SignInThrottle();
    expect(guess(throttle, 10)).toBe(0);
    expect(throttle.begin('ada', 'a', 0)).toBe(1000);
    expect(throttle.begin('ada', 'a', 1000)).toBe(0);
    expect(throttle.begin('ada', 'a', 1000)).toBe(2000);
    guess(throttle, 30, 'a', 1000);
    const wait = throttle.begin('ada', 'a', 100 * HOUR);
    expect(wait).toBe(0);
  });

  test('100 guesses in a row take most of a day', () => {
    expect(guess(new SignInThrottle(), 100)).toBeGreaterThan(18 * HOUR);
  });

  test('guesses in parallel gain nothing: they count when they begin', () => {
    const throttle = new SignInThrottle();
    const letIn = Array.from({ length: 1000 }, () => throttle.begin('ada', 'a', 0)).filter((wait) => wait === 0);
    expect(letIn).toHaveLength(10);
  });

  test('the right password wipes the slate, and an attempt that was not judged does not count', () => {
    const throttle = new SignInThrottle();
    guess(throttle, 10);
    throttle.abandoned('ada', 'a');
    expect(throttle.begin('ada', 'a', 0)).toBe(0);
    throttle.succeeded('ada', 'a');
    expect(guess(throttle, 10)).toBe(0);
  });

  test('guesses from many addresses slow each of them down, and never lock the owner out', () => {
    const throttle = new SignInThrottle();
    for (let bot = 0; bot < 500; bot += 1) expect(throttle.begin('ada', `bot ${bot}`, 0)).toBe(0);
    expect(throttle.begin('ada', 'bot 499', 0)).toBe(60_000);
    expect(throttle.begin('ada', 'the address of ada', 0)).toBe(0);
    throttle.succeeded('ada', 'the address of ada');
    expect(throttle.begin('ada', 'the address of ada', 0)).toBe(0);
  });

  test('an account that signs in all day is not taken for an attacked one', () => {
    const throttle = new SignInThrottle();
    for (let n = 0; n < 500; n += 1) {
      expect(throttle.begin('robot', 'a', n)).toBe(0);
      throttle.succeeded('robot', 'a');
    }
    expect(throttle.begin('robot', 'a', 500)).toBe(0);
    expect(throttle.begin('robot', 'a', 500)).toBe(0);
  });

  test('other accounts at the address of a guesser are not slowed down', () => {
    const throttle = new SignInThrottle();
    guess(throttle, 30);
    expect(throttle.begin('bob', 'a', 0)).toBe(0);
  });

  test('5,000 people sign in at once from one address', () => {
    const throttle = new SignInThrottle();
    for (let n = 0; n < 5000; n += 1) expect(throttle.begin(`student ${n}`, 'campus', 0)).toBe(0);
  });
});
