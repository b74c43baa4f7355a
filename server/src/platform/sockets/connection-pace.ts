import type { Limits } from '@tandem/protocol';
import type { KeyedBuckets } from '../../core/limits/keyed-buckets.js';
import { NewestOnly } from '../../core/limits/newest-only.js';
import { retryLater } from '../../core/limits/retry-later.js';
import { TokenBucket } from '../../core/limits/token-bucket.js';
import type { Connection } from './connection.js';
import type { DoorWebSocket } from './door-websocket.js';

/** Refusals for rate that a connection may run into before it is closed, and how many more it may in a second. */
const OFFENCES = { burst: 200, perSecond: 2 };
/** Who was closed comes back after this at the soonest, in milliseconds. */
const COME_BACK_MS = 10_000;
/** Requests of one connection that wait for their answer: their bodies, and what each costs beside it, in bytes. */
const MAX_UNDER_WAY = 1024 * 1024;
const REQUEST_BYTES = 1024;
/** Cursors that may wait, each of this many times the limit of one state at most. */
const HELD = { cursors: 64, states: 2 };
const MAX_ID = 64;

/** How fast one connection may ask for things. Edits are not its business: of those too many are read later. */
export class ConnectionPace {
  private readonly requests: TokenBucket;
  private readonly offences = new TokenBucket(OFFENCES.burst, OFFENCES.perSecond);
  private readonly cursors: NewestOnly<(isLate: boolean) => void>;
  private flush: NodeJS.Timeout | undefined;
  private isOver = false;
  private underWay = 0;

  constructor(
    private readonly connection: Connection,
    private readonly limits: Limits,
    /** Of all connections of the person. */
    private readonly person: KeyedBuckets,
    private readonly door: Pick<DoorWebSocket, 'restrain'> | undefined,
  ) {
    const { requestBurst, requestRate, awarenessRate } = limits;
    this.requests = new TokenBucket(requestBurst, requestRate);
    this.cursors = new NewestOnly(2 * awarenessRate, awarenessRate, HELD.cursors);
    connection.socket.once('disconnect', () => this.end());
  }

  /** Throws `rate_limited` when there were too many; who goes on all the same is closed. */
  request(now: number): void {
    const waitMs = this.requests.take(now) || this.person.take(this.connection.userId, now);
    if (waitMs === 0) return;
    if (this.offences.take(now) > 0) this.close();
    throw retryLater('rate_limited', waitMs, Math.random());
  }

  /** Moves the cursor now, or, when there are too many, the newest of the document a little later. */
  cursor(body: unknown, move: (isLate: boolean) => void, now: number): void {
    const { documentId, update } = (body ?? {}) as { documentId?: unknown; update?: { byteLength?: number } };
    const isSmall = (update?.byteLength ?? 0) <= HELD.states * this.limits.maxAwarenessBytes;
    // What is refused anyway shares one place.
    const key = typeof documentId === 'string' && documentId.length <= MAX_ID && isSmall ? documentId : '';
    if (this.cursors.offer(key, move, now)) move(false);
    else this.flushLater(now);
  }

  /** A request that waits for something; the returned call ends it. Who has too many of them is not read meanwhile. */
  begin(body: unknown): () => void {
    const cost = REQUEST_BYTES + sizeOf(body);
    this.underWay += cost;
    if (this.underWay > MAX_UNDER_WAY) this.door?.restrain(true);
    return () => {
      this.underWay -= cost;
      if (this.underWay <= MAX_UNDER_WAY / 2) this.door?.restrain(false);
    };
  }

  private flushLater(now: number): void {
    if (this.flush || this.isOver) return;
    const { items, waitMs } = this.cursors.release(now);
    for (const move of items) move(true);
    if (waitMs === undefined) return;
    this.flush = setTimeout(() => {
      this.flush = undefined;
      this.flushLater(performance.now());
    }, waitMs).unref();
  }

  private close(): void {
    if (this.isOver) return;
    this.end();
    const { connection } = this;
    const { code, message, retryAfterMs } = retryLater('rate_limited', COME_BACK_MS, Math.random());
    connection.emit('session:closed', { code, message, retryAfterMs });
    // The answers of this turn go out before it.
    setImmediate(() => connection.socket.disconnect(true));
  }

  private end(): void {
    this.isOver = true;
    clearTimeout(this.flush);
  }
}

function sizeOf(body: unknown): number {
  let size = 0;
  for (const value of Object.values(body ?? {}) as unknown[]) {
    if (typeof value === 'string') size += value.length;
    else if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer) size += value.byteLength;
  }
  return size;
}
