import type { TandemError } from '@tandem/protocol';
import { Counts } from '../../core/limits/counts.js';
import { KeyedBuckets } from '../../core/limits/keyed-buckets.js';
import { retryLater } from '../../core/limits/retry-later.js';

/** Counts of connections, and attempts in a second. */
export interface DoorBounds {
  readonly connections: number;
  readonly connectionsPerAddress: number;
  readonly connectionsPerUser: number;
  readonly pendingConnections: number;
  readonly pendingConnectionsPerAddress: number;
  readonly handshakeRatePerAddress: number;
}

/** Who is sent away comes back after this at the soonest, in milliseconds. */
const COME_BACK_MS = 5000;

/** One connection, from its upgrade to its end. */
export interface Visit {
  readonly address: string;
  /** Begins a sign-in. Answers the refusal, if any. */
  knock(now: number): TandemError | undefined;
  /** Signed in. Answers the refusal, if any. */
  enter(userId: string): TandemError | undefined;
  /** The connection has ended. May be called again. */
  leave(): void;
}

/** How many may stand before the door, and how many be inside: in all, of one address, of one person (A22, A23). */
export class SocketDoor {
  private readonly pendingByAddress: Counts;
  private readonly openByAddress: Counts;
  private readonly openByUser: Counts;
  private readonly attempts: KeyedBuckets;
  /** Not signed in yet. */
  pending = 0;
  open = 0;

  constructor(private readonly bounds: DoorBounds) {
    this.pendingByAddress = new Counts(bounds.pendingConnectionsPerAddress);
    this.openByAddress = new Counts(bounds.connectionsPerAddress);
    this.openByUser = new Counts(bounds.connectionsPerUser);
    this.attempts = new KeyedBuckets(10 * bounds.handshakeRatePerAddress, bounds.handshakeRatePerAddress);
  }

  /** Undefined when there are too many who have not signed in. */
  arrive(address: string): Visit | undefined {
    if (this.pending >= this.bounds.pendingConnections || !this.pendingByAddress.add(address)) return undefined;
    this.pending++;
    let stage: 'pending' | 'open' | 'over' = 'pending';
    let owner: string | undefined;
    const leavePending = () => {
      this.pending--;
      this.pendingByAddress.remove(address);
    };
    return {
      address,
      knock: (now) => {
        const waitMs = this.attempts.take(address, now);
        return waitMs > 0
          ? retryLater('rate_limited', waitMs, Math.random(), 'Too many attempts to connect')
          : undefined;
      },
      enter: (userId) => {
        if (stage !== 'pending') return undefined;
        if (!this.take(address, userId)) return retryLater('too_many_connections', COME_BACK_MS, Math.random());
        leavePending();
        stage = 'open';
        owner = userId;
        return undefined;
      },
      leave: () => {
        if (stage === 'pending') leavePending();
        if (stage === 'open') this.giveBack(address, owner!);
        stage = 'over';
      },
    };
  }

  private take(address: string, userId: string): boolean {
    if (this.open >= this.bounds.connections || !this.openByAddress.add(address)) return false;
    if (!this.openByUser.add(userId)) {
      this.openByAddress.remove(address);
      return false;
    }
    this.open++;
    return true;
  }

  private giveBack(address: string, userId: string): void {
    this.open--;
    this.openByAddress.remove(address);
    this.openByUser.remove(userId);
  }
}
