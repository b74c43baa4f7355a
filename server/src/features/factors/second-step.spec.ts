import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { MemorySignInThrottle } from '../../adapters/memory/memory-sign-in-throttle.js';
import type { AuditLog } from '../../core/access/audit-log.js';
import { SecondFactors, type StepJudge } from '../../core/access/second-factors.js';
import type { TotpCodes } from '../../core/access/totp-codes.js';
import { SecondStep } from './second-step.js';

const RIGHT = '123456';

class OneFactor extends SecondFactors {
  isAway = false;
  override state = () => Promise.resolve({ since: 1, recoveryCodes: 0 });
  override begin = () => Promise.resolve(false);
  override confirm = () => Promise.resolve('absent' as const);
  override useStep(_userId: string, judge: StepJudge): Promise<boolean> {
    if (this.isAway) return Promise.reject(new Error('away'));
    return Promise.resolve(judge(new Uint8Array(), 0) !== undefined);
  }
  override useRecoveryCode = () => Promise.resolve(false);
  override replaceRecoveryCodes = () => Promise.resolve();
  override end = () => Promise.resolve();
}

let factors: OneFactor;
let step: SecondStep;
beforeEach(() => {
  jest.useFakeTimers({ now: 1_000_000_000_000 });
  factors = new OneFactor();
  const totp = { step: (_secret: Uint8Array, digits: string) => (digits === RIGHT ? 1 : undefined) };
  const audit = { record: () => Promise.resolve() };
  const throttle = new MemorySignInThrottle();
  step = new SecondStep(factors, totp as unknown as TotpCodes, audit as unknown as AuditLog, throttle);
});
afterEach(() => {
  jest.useRealTimers();
});

const codeOf = (attempt: Promise<void>) =>
  attempt.then(
    () => 'right',
    (error: unknown) => (error as { code?: string; message: string }).code ?? (error as Error).message,
  );
const guess = async (times: number, user = 'ada') => {
  const codes = [];
  for (let index = 0; index < times; index += 1)
    codes.push(await codeOf(step.require(user, '000000', `10.0.0.${index}`)));
  return codes;
};

describe('A37 who guesses codes', () => {
  it('is slowed down wherever the guesses come from, and the right code does not come through either', async () => {
    expect(await guess(12)).toEqual([...Array(10).fill('invalid_credentials'), 'rate_limited', 'rate_limited']);
    expect(await codeOf(step.require('ada', RIGHT, '192.0.2.1'))).toBe('rate_limited');
    expect(await codeOf(step.require('bob', RIGHT, '10.0.0.1'))).toBe('right');
    jest.advanceTimersByTime(1000);
    expect(await codeOf(step.require('ada', RIGHT, '192.0.2.1'))).toBe('right');
    expect(await guess(3)).toEqual(Array(3).fill('invalid_credentials'));
  });

  it('has about a hundred guesses in a day', async () => {
    let judged = 0;
    for (let minute = 0; minute < 24 * 60; minute += 1) {
      judged += (await guess(2)).filter((code) => code === 'invalid_credentials').length;
      jest.advanceTimersByTime(60_000);
    }
    expect(judged).toBeLessThan(120);
  });

  it('is not who met a database that was away', async () => {
    factors.isAway = true;
    expect(await Promise.all(Array.from({ length: 20 }, () => codeOf(step.require('ada', RIGHT))))).toContain('away');
    factors.isAway = false;
    jest.advanceTimersByTime(1000);
    expect(await guess(5)).toEqual(Array(5).fill('invalid_credentials'));
  });
});
