import { TandemError } from '@tandem/protocol';

/** What is guessed: the password at the door, the code of the second step, or the password that is asked for again. */
export type AttemptKind = 'password' | 'code' | 'proof';

/** Attempts with one account from one address that cost nothing: typing errors, and several windows at once. */
const FREE_ATTEMPTS = 10;
const FIRST_DELAY_MS = 1000;
/** 100 wrong passwords in a row take about a day (NIST 800-63B-4 3.2.2). */
export const MAX_DELAY_MS = 15 * 60_000;

/** What an address waits after so many attempts with an account, from none on; the last one holds for all that follow. */
export const DELAYS_MS: readonly number[] = Array.from({ length: 21 }, (_, count) =>
  count < FREE_ATTEMPTS ? 0 : Math.min(FIRST_DELAY_MS * 2 ** (count - FREE_ATTEMPTS), MAX_DELAY_MS),
);
export const FORGET_AFTER_MS = 24 * 3600_000;

/** Wrong guesses at one account from anywhere, in an hour, after which it counts as attacked. */
export const ATTACKED_AT = 100;
export const ATTACK_WINDOW_MS = 3600_000;
/** What an address waits between attempts with an attacked account. Its first is free: the owner is never locked out. */
export const ATTACKED_DELAY_MS = 60_000;

/** Milliseconds from the last of `count` attempts of an address to its next one. */
export function delayAfter(count: number, isAttacked: boolean): number {
  const own = DELAYS_MS[Math.min(count, DELAYS_MS.length - 1)] ?? 0;
  return isAttacked ? Math.max(own, ATTACKED_DELAY_MS) : own;
}

/**
 * Slows down who guesses passwords and codes (A37), with a delay that grows for each account and address, on all nodes together.
 * Attempts count from when they begin, so that guesses in parallel gain nothing. Unknown accounts are counted like known
 * ones (A38). The kinds do not count for each other. All methods reject with `store_unavailable` while the counts are away.
 */
export abstract class SignInThrottle {
  /** Begins an attempt: resolves to the milliseconds to wait before there may be one, or to 0 and it counts. */
  abstract begin(kind: AttemptKind, account: string, address: string): Promise<number>;
  /** The guess was right: the slate of this address is clean. */
  abstract succeeded(kind: AttemptKind, account: string, address: string): Promise<void>;
  /** The attempt ended without a judgement (too busy, no database): it does not count. */
  abstract abandoned(kind: AttemptKind, account: string, address: string): Promise<void>;

  /**
   * Runs `judge` as one attempt. It rejects with `invalid_credentials` for a wrong guess; with anything else there was no
   * judgement. Rejects as `judge` does, and with `rate_limited` for who guesses.
   */
  async attempt<T>(kind: AttemptKind, account: string, address: string, judge: () => Promise<T>): Promise<T> {
    const wait = await this.begin(kind, account, address);
    if (wait > 0) throw new TandemError('rate_limited', undefined, undefined, wait);
    const judged = await judge().catch(async (error: unknown) => {
      // Where that fails too, the attempt counts: why it ended says more than that.
      if (!isWrong(error)) await this.abandoned(kind, account, address).catch(() => undefined);
      throw error;
    });
    await this.succeeded(kind, account, address);
    return judged;
  }
}

const isWrong = (error: unknown) => error instanceof TandemError && error.code === 'invalid_credentials';
