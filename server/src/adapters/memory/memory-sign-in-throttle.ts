import {
  ATTACK_WINDOW_MS,
  ATTACKED_AT,
  type AttemptKind,
  delayAfter,
  FORGET_AFTER_MS,
  MAX_DELAY_MS,
  SignInThrottle,
} from '../../core/access/sign-in-throttle.js';

interface Attempts {
  readonly count: number;
  readonly at: number;
}

/** For specs: counts of one process, which are never removed. */
export class MemorySignInThrottle extends SignInThrottle {
  private readonly pairs = new Map<string, Attempts>();
  private readonly accounts = new Map<string, Attempts>();

  constructor(private readonly now: () => number = () => Date.now()) {
    super();
  }

  override async begin(kind: AttemptKind, account: string, address: string): Promise<number> {
    const now = this.now();
    const [pairKey, accountKey] = keysOf(kind, account, address);
    const pair = within(this.pairs.get(pairKey), FORGET_AFTER_MS, now);
    const onAccount = within(this.accounts.get(accountKey), ATTACK_WINDOW_MS, now);
    const wait = pair ? pair.at + delayAfter(pair.count, (onAccount?.count ?? 0) > ATTACKED_AT) - now : 0;
    if (wait > 0) return wait;
    this.pairs.set(pairKey, { count: (pair?.count ?? 0) + 1, at: now });
    this.accounts.set(accountKey, { count: (onAccount?.count ?? 0) + 1, at: onAccount?.at ?? now });
    return 0;
  }

  override async succeeded(kind: AttemptKind, account: string, address: string): Promise<void> {
    const [pairKey, accountKey] = keysOf(kind, account, address);
    this.pairs.delete(pairKey);
    this.discount(this.accounts, accountKey);
  }

  override async abandoned(kind: AttemptKind, account: string, address: string): Promise<void> {
    const [pairKey, accountKey] = keysOf(kind, account, address);
    this.discount(this.pairs, pairKey, this.now() - MAX_DELAY_MS);
    this.discount(this.accounts, accountKey);
  }

  private discount(attempts: Map<string, Attempts>, key: string, latest = Number.POSITIVE_INFINITY): void {
    const known = attempts.get(key);
    if (known) attempts.set(key, { count: Math.max(known.count - 1, 0), at: Math.min(known.at, latest) });
  }
}

const keysOf = (...[kind, account, address]: [AttemptKind, string, string]) =>
  [JSON.stringify([kind, account, address]), JSON.stringify([kind, account])] as const;

const within = (attempts: Attempts | undefined, ms: number, now: number) =>
  attempts && now - attempts.at < ms ? attempts : undefined;
