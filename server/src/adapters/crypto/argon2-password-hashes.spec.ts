import { describe, expect, test } from '@jest/globals';
import { Argon2PasswordHashes } from './argon2-password-hashes.js';
import { BoundedGate } from './bounded-gate.js';

const PASSWORD = 'correct horse battery staple';

describe('password hashes', () => {
  test('A39 argon2id with 19 MiB, two passes, one lane, and a salt of its own', async () => {
    const hashes = new Argon2PasswordHashes();
    const [one, two] = await Promise.all([hashes.hash(PASSWORD), hashes.hash(PASSWORD)]);
    expect(one).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
    expect(one).not.toBe(two);
    await expect(hashes.verify(one, PASSWORD)).resolves.toBe(true);
    await expect(hashes.verify(one, `${PASSWORD} `)).resolves.toBe(false);
  });

  test('A39 nothing of a long password is cut off, nor what follows a NUL', async () => {
    const hashes = new Argon2PasswordHashes();
    const long = 'x'.repeat(255);
    const stored = await hashes.hash(`${long}a`);
    await expect(hashes.verify(stored, `${long}b`)).resolves.toBe(false);
    const withNul = await hashes.hash('a\0one long password');
    await expect(hashes.verify(withNul, 'a\0two long password')).resolves.toBe(false);
  });

  test('A38 an unknown account takes the time of a wrong password', async () => {
    const hashes = new Argon2PasswordHashes();
    const stored = await hashes.hash(PASSWORD);
    await hashes.verify(null, 'warms up');
    // The fastest of several, taken in turn: what the work itself takes, without what other processes took meanwhile. On a
    // busy machine it needs more of them; work that is left out would never come near.
    let [wrong, unknown] = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY];
    for (let round = 0; round < 100 && !(round >= 7 && unknown / wrong > 0.5 && unknown / wrong < 2); round++) {
      wrong = Math.min(wrong, await timeOf(() => hashes.verify(stored, 'wrong')));
      unknown = Math.min(unknown, await timeOf(() => hashes.verify(null, 'wrong')));
    }
    expect(unknown / wrong).toBeGreaterThan(0.5);
    expect(unknown / wrong).toBeLessThan(2);
  });

  test('A39 too many at once are refused with a time to come back, and the waiting ones are served', async () => {
    const hashes = new Argon2PasswordHashes(1, 2);
    const results = await Promise.allSettled(Array.from({ length: 5 }, () => hashes.hash(PASSWORD)));
    expect(results.map(({ status }) => status)).toEqual([
      'fulfilled',
      'fulfilled',
      'fulfilled',
      'rejected',
      'rejected',
    ]);
    expect(results[4]).toMatchObject({ reason: { code: 'rate_limited', retryAfterMs: 5000 } });
    await expect(hashes.hash(PASSWORD)).resolves.toMatch(/^\$argon2id/);
  });
});

describe('a bounded gate', () => {
  test('runs no more than its bound, in order, and goes on after a failure', async () => {
    const gate = new BoundedGate({ running: 2, waiting: 10, retryAfterMs: 1 });
    let running = 0;
    let most = 0;
    const order: number[] = [];
    const job = (n: number) => async () => {
      running += 1;
      most = Math.max(most, running);
      order.push(n);
      await new Promise(setImmediate);
      running -= 1;
      if (n === 1) throw new Error('failed');
    };
    const results = await Promise.allSettled(Array.from({ length: 8 }, (_, n) => gate.run(job(n))));
    expect(most).toBe(2);
    expect(order).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
    expect(results.filter(({ status }) => status === 'rejected')).toHaveLength(1);
  });
});

async function timeOf(work: () => Promise<unknown>): Promise<number> {
  const begun = performance.now();
  await work();
  return performance.now() - begun;
}
