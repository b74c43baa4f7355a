/** Attempts with one account from one address that cost nothing: typing errors, and several windows at once. */
const FREE_ATTEMPTS = 10;
const FIRST_DELAY_MS = 1000;
/** 100 wrong passwords in a row take about a day (NIST 800-63B-4 3.2.2). */
const MAX_DELAY_MS = 15 * 60_000;
const FORGET_AFTER_MS = 24 * 3600_000;

/** Wrong passwords for one account from anywhere, in an hour, after which it counts as attacked. */
const ATTACKED_AT = 100;
const ATTACK_WINDOW_MS = 3600_000;
/** What an address waits between attempts with an attacked account. Its first is free: the owner is never locked out. */
const ATTACKED_DELAY_MS = 60_000;

/** Keeps the memory below some 20 MB whatever names are tried; the ones longest untouched are forgotten first. */
const MAX_ENTRIES = 100_000;

interface Attempts {
  count: number;
  lastAt: number;
  nextAt: number;
}

/**
 * Slows down who guesses passwords (A37), with a delay that grows for each account and address. Attempts count from when
 * they begin, so that guesses in parallel gain nothing. Unknown accounts are counted like known ones (A38). Kept in the
 * memory of one node.
 */
export class SignInThrottle {
  private readonly pairs = new Map<string, Attempts>();
  private readonly accounts = new Map<string, { count: number; since: number }>();

  /** Begins an attempt: milliseconds to wait before there may be one, or 0 and it counts. */
  begin(account: string, address: string, now: number): number {
    const key = pairOf(account, address);
    const known = this.pairs.get(key);
    const pair = known && now - known.lastAt < FORGET_AFTER_MS ? known : { count: 0, lastAt: now, nextAt: now };
    if (pair.nextAt > now) return pair.nextAt - now;
    pair.count += 1;
    pair.lastAt = now;
    pair.nextAt = now + this.delayAfter(pair.count, this.countOnAccount(account, now));
    touch(this.pairs, key, pair);
    return 0;
  }

  /** The password was right. */
  succeeded(account: string, address: string): void {
    this.pairs.delete(pairOf(account, address));
    this.discountOnAccount(account);
  }

  /** The attempt ended without a judgement (too busy, no database): it does not count. */
  abandoned(account: string, address: string): void {
    const pair = this.pairs.get(pairOf(account, address));
    if (pair === undefined) return;
    pair.count -= 1;
    pair.nextAt = pair.lastAt;
    this.discountOnAccount(account);
  }

  private countOnAccount(account: string, now: number): number {
    const known = this.accounts.get(account);
    const entry = known && now - known.since < ATTACK_WINDOW_MS ? known : { count: 0, since: now };
    entry.count += 1;
    touch(this.accounts, account, entry);
    return entry.count;
  }

  private discountOnAccount(account: string): void {
    const entry = this.accounts.get(account);
    if (entry !== undefined && entry.count > 0) entry.count -= 1;
  }

  private delayAfter(count: number, onAccount: number): number {
    const own = count < FREE_ATTEMPTS ? 0 : Math.min(FIRST_DELAY_MS * 2 ** (count - FREE_ATTEMPTS), MAX_DELAY_MS);
    return onAccount > ATTACKED_AT ? Math.max(own, ATTACKED_DELAY_MS) : own;
  }
}

/** JSON keeps the two apart whatever characters they contain. */
const pairOf = (account: string, address: string) => JSON.stringify([account, address]);

function touch<T>(entries: Map<string, T>, key: string, entry: T): void {
  entries.delete(key);
  entries.set(key, entry);
  const [oldest] = entries.keys();
  if (entries.size > MAX_ENTRIES && oldest !== undefined) entries.delete(oldest);
}
