import { beforeEach, describe, expect, it } from '@jest/globals';
import { TandemError } from '@tandem/protocol';
import type { AttemptKind, SignInThrottle } from '../core/access/sign-in-throttle.js';

export interface ThrottleUnderTest {
  readonly throttle: SignInThrottle;
  /** As if everything so far had happened so much earlier. */
  age(ms: number): Promise<void>;
}

const HOUR = 3600_000;
const DAY = 24 * HOUR;
/** Of a clock that goes on while the test runs, in whole milliseconds. */
const ROUNDING = 2;

/** What every throttle promises, beginning with no attempts; each adapter's spec runs it. */
export function signInThrottleContract(open: () => ThrottleUnderTest): void {
  let here: ThrottleUnderTest;
  beforeEach(() => {
    here = open();
  });

  const begin = (account = 'ada', address = 'a', kind: AttemptKind = 'password') =>
    here.throttle.begin(kind, account, address);

  /** Tries until `count` attempts were let in, waiting as told; resolves to what was told. */
  async function guess(count: number, account = 'ada', address = 'a'): Promise<number> {
    let waited = 0;
    for (let done = 0; done < count; ) {
      const wait = await begin(account, address);
      if (wait === 0) done += 1;
      else await here.age(wait);
      waited += wait;
    }
    return waited;
  }

  /** What `work` is told to wait for is `ms`, less what went by meanwhile. */
  async function expectWait(ms: number, work: () => Promise<number>): Promise<void> {
    const since = performance.now();
    const wait = await work();
    expect(wait).toBeLessThanOrEqual(ms + ROUNDING);
    expect(wait).toBeGreaterThanOrEqual(ms - ROUNDING - (performance.now() - since));
  }

  describe('A37 who guesses', () => {
    it('has ten attempts for nothing, then each waits twice as long, up to 15 minutes', async () => {
      await expectWait(0, () => guess(10));
      await here.age(DAY);
      await expectWait(31_000, () => guess(15));
      await here.age(DAY);
      await guess(25);
      await expectWait(15 * 60_000, begin);
    });

    it('begins anew after a day without an attempt, and not before', async () => {
      await guess(20);
      await here.age(DAY - HOUR);
      expect(await begin()).toBe(0);
      expect(await begin()).toBeGreaterThan(0);
      await here.age(DAY);
      await expectWait(0, () => guess(10));
    });

    it('takes most of a day for 100 guesses in a row', async () => {
      expect(await guess(100)).toBeGreaterThan(18 * HOUR);
    });

    it('gains nothing in parallel: attempts count when they begin', async () => {
      const since = performance.now();
      const waits = await Promise.all(Array.from({ length: 50 }, () => begin()));
      const letIn = waits.filter((wait) => wait === 0).length;
      expect(letIn).toBeGreaterThanOrEqual(10);
      expect(letIn).toBeLessThanOrEqual(10 + Math.floor((performance.now() - since) / 1000));
    });

    it('from many addresses is slowed down at each of them, and never locks the owner out', async () => {
      for (let bot = 0; bot < 150; bot += 1) expect(await begin('ada', `bot ${bot}`)).toBe(0);
      await expectWait(60_000, () => begin('ada', 'bot 149'));
      const home = ['ada', 'the address of ada'] as const;
      expect(await begin(...home)).toBe(0);
      await here.throttle.succeeded('password', ...home);
      expect(await begin(...home)).toBe(0);
      await expectWait(60_000, () => begin(...home));
      await here.age(HOUR);
      expect(await begin('ada', 'bot 149')).toBe(0);
      expect(await begin('ada', 'bot 149')).toBe(0);
    });

    it('does not slow down other accounts at the same address, nor other kinds of attempts', async () => {
      await guess(30);
      expect(await begin('bob')).toBe(0);
      expect(await begin('ada', 'a', 'code')).toBe(0);
      expect(await begin('ada', 'b')).toBe(0);
    });
  });

  it('the right password wipes the slate, and an attempt that was not judged does not count', async () => {
    await guess(20);
    await here.throttle.abandoned('password', 'ada', 'a');
    expect(await begin()).toBe(0);
    await here.throttle.succeeded('password', 'ada', 'a');
    await expectWait(0, () => guess(10));
  });

  it('an account that signs in all day is not taken for an attacked one, also when it does so in parallel', async () => {
    for (let n = 0; n < 30; n += 1) {
      const burst = Array.from({ length: 5 }, () => begin('robot'));
      expect(await Promise.all(burst)).toEqual([0, 0, 0, 0, 0]);
      await Promise.all(burst.map(() => here.throttle.succeeded('password', 'robot', 'a')));
    }
    expect(await begin('robot')).toBe(0);
    expect(await begin('robot')).toBe(0);
  });

  it('attempts that were not judged, however many, make no attack', async () => {
    for (let n = 0; n < 150; n += 1) {
      expect(await begin()).toBe(0);
      await here.throttle.abandoned('password', 'ada', 'a');
    }
    expect([await begin(), await begin()]).toEqual([0, 0]);
  });

  it('5,000 people sign in from one address', async () => {
    for (let n = 0; n < 5000; n += 50) {
      const some = Array.from({ length: 50 }, (_, i) => begin(`student ${n + i}`, 'campus'));
      expect(await Promise.all(some)).toEqual(some.map(() => 0));
    }
  });

  describe('attempt', () => {
    const attempt = (judge: () => Promise<string>) => here.throttle.attempt('password', 'ada', 'a', judge);
    const wrong = () => attempt(() => Promise.reject(new TandemError('invalid_credentials')));
    const away = () => attempt(() => Promise.reject(new TandemError('store_unavailable')));

    it('counts what is wrong, then does not judge any more, and says for how long', async () => {
      for (let n = 0; n < 14; n += 1) {
        await expect(wrong()).rejects.toMatchObject({ code: 'invalid_credentials' });
        if (n >= 9) await here.age(15 * 60_000);
      }
      await expect(wrong()).rejects.toMatchObject({ code: 'invalid_credentials' });
      let isJudged = false;
      const right = attempt(async () => {
        isJudged = true;
        return 'Ada';
      });
      await expect(right).rejects.toMatchObject({ code: 'rate_limited', retryAfterMs: expect.any(Number) });
      expect(isJudged).toBe(false);
    });

    it('takes what is right, and does not count what nobody could judge', async () => {
      for (let n = 0; n < 30; n += 1) await expect(away()).rejects.toMatchObject({ code: 'store_unavailable' });
      for (let n = 0; n < 9; n += 1) await expect(wrong()).rejects.toMatchObject({ code: 'invalid_credentials' });
      expect(await attempt(async () => 'Ada')).toBe('Ada');
      await expectWait(0, () => guess(10));
    });
  });
}
