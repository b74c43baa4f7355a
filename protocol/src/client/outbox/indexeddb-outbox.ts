import { type DBSchema, type IDBPDatabase, openDB } from 'idb';
import type { Clock } from '../clock.js';
import { systemClock } from '../clock.js';
import { randomId } from '../random-id.js';
import { type LaneLock, webLock } from './lane-lock.js';
import type { OutboxChange, OutboxEntry, OutboxKey, OutboxLane, OutboxStore } from './outbox-store.js';

interface LaneRow extends OutboxKey {
  readonly lane: string;
  readonly createdAt: number;
  /** When its owner was last alive; counts only where there are no Web Locks. */
  heartbeat: number;
}

interface Schema extends DBSchema {
  lanes: { key: string; value: LaneRow; indexes: { document: [string, string, string] } };
  entries: { key: [string, number]; value: OutboxEntry & { readonly lane: string } };
}

export interface IndexedDbOutboxOptions {
  /** Name of the database. */
  readonly name?: string;
  /** Default: Web Locks where there are some; null to go by heartbeats. */
  readonly lock?: LaneLock | null;
  readonly clock?: Clock;
}

const HEARTBEAT_MS = 5_000;
/** Browsers slow the timers of hidden tabs to one a minute. */
const DEAD_AFTER_MS = 150_000;

const entriesOf = (lane: string) =>
  IDBKeyRange.bound([lane, Number.NEGATIVE_INFINITY], [lane, Number.POSITIVE_INFINITY]);

/**
 * The outbox of a browser: survives a reload, a closed tab and a crash. Each open document of each tab has a lane of
 * its own; the next open of the document by the same user adopts the lanes whose tabs are gone.
 */
export class IndexedDbOutbox implements OutboxStore {
  private readonly name: string;
  private readonly clock: Clock;
  private readonly lock: LaneLock | null;
  private database: Promise<IDBPDatabase<Schema>> | undefined;

  constructor(options: IndexedDbOutboxOptions = {}) {
    this.name = options.name ?? 'tandem-outbox';
    this.clock = options.clock ?? systemClock;
    const locks = globalThis.navigator?.locks;
    this.lock = options.lock === undefined ? (locks ? webLock(locks) : null) : options.lock;
  }

  async open(key: OutboxKey): Promise<OutboxLane> {
    const db = await this.connect();
    const lane = randomId();
    const release = await this.lock?.tryHold(lane);
    const now = this.clock.now();
    await db.add('lanes', { ...key, lane, createdAt: now, heartbeat: now });
    const adopted = await this.adopt(db, lane, key);
    return new IndexedDbLane(db, lane, adopted, this.clock, release);
  }

  /** Closes the database; lanes must be closed before. */
  async close(): Promise<void> {
    (await this.database)?.close();
    this.database = undefined;
  }

  private connect(): Promise<IDBPDatabase<Schema>> {
    this.database ??= openDB<Schema>(this.name, 1, {
      upgrade(db) {
        const lanes = db.createObjectStore('lanes', { keyPath: 'lane' });
        lanes.createIndex('document', ['server', 'userId', 'documentId']);
        db.createObjectStore('entries', { keyPath: ['lane', 'id'] });
      },
    });
    return this.database;
  }

  /** Moves what dead lanes hold into `lane`, oldest lane first, under ids below zero. */
  private async adopt(db: IDBPDatabase<Schema>, lane: string, key: OutboxKey): Promise<OutboxEntry[]> {
    const rows = await db.getAllFromIndex('lanes', 'document', [key.server, key.userId, key.documentId]);
    const others = rows.filter((row) => row.lane !== lane).sort((a, b) => a.createdAt - b.createdAt);
    const held: { row: LaneRow; release: () => void }[] = [];
    try {
      for (const row of others) {
        const release = await this.hold(row);
        if (release) held.push({ row, release });
      }
      return await moveEntries(
        db,
        held.map(({ row }) => row.lane),
        lane,
      );
    } finally {
      for (const { release } of held) release();
    }
  }

  private async hold(row: LaneRow): Promise<(() => void) | undefined> {
    if (this.lock) return this.lock.tryHold(row.lane);
    return this.clock.now() - row.heartbeat > DEAD_AFTER_MS ? () => {} : undefined;
  }
}

/** In one transaction: a crash in the middle leaves every entry in exactly one lane. */
const moveEntries = async (db: IDBPDatabase<Schema>, from: string[], to: string): Promise<OutboxEntry[]> => {
  if (from.length === 0) return [];
  const tx = db.transaction(['lanes', 'entries'], 'readwrite');
  const entries = tx.objectStore('entries');
  const found: OutboxEntry[] = [];
  for (const lane of from) {
    // Another tab may have adopted it between our look and this transaction.
    if ((await tx.objectStore('lanes').get(lane)) === undefined) continue;
    found.push(...(await entries.getAll(entriesOf(lane))));
    await entries.delete(entriesOf(lane));
    await tx.objectStore('lanes').delete(lane);
  }
  const adopted = found.map(({ update, edits }, i) => ({ id: i - found.length, update, edits }));
  for (const entry of adopted) await entries.put({ ...entry, lane: to });
  await tx.done;
  return adopted;
};

class IndexedDbLane implements OutboxLane {
  private last: Promise<unknown> = Promise.resolve();
  private cancelHeartbeat: (() => void) | undefined;

  constructor(
    private readonly db: IDBPDatabase<Schema>,
    private readonly lane: string,
    readonly adopted: readonly OutboxEntry[],
    private readonly clock: Clock,
    private readonly release: (() => void) | undefined,
  ) {
    if (!release) this.beat();
  }

  write({ add, remove }: OutboxChange): Promise<void> {
    const written = this.last.then(async () => {
      const tx = this.db.transaction('entries', 'readwrite');
      for (const id of remove) void tx.store.delete([this.lane, id]);
      for (const entry of add) void tx.store.put({ ...entry, lane: this.lane });
      await tx.done;
    });
    this.last = written.catch(() => {});
    return written;
  }

  /** An empty lane leaves no trace. */
  async close(): Promise<void> {
    this.cancelHeartbeat?.();
    await this.last;
    const tx = this.db.transaction(['lanes', 'entries'], 'readwrite');
    const left = await tx.objectStore('entries').count(entriesOf(this.lane));
    if (left === 0) await tx.objectStore('lanes').delete(this.lane);
    else await this.mark(tx.objectStore('lanes'), Number.NEGATIVE_INFINITY);
    await tx.done;
    this.release?.();
  }

  private async mark(
    lanes: { get(lane: string): Promise<LaneRow | undefined>; put(row: LaneRow): Promise<unknown> },
    heartbeat: number,
  ): Promise<void> {
    const row = await lanes.get(this.lane);
    if (row) await lanes.put({ ...row, heartbeat });
  }

  private beat(): void {
    this.cancelHeartbeat = this.clock.after(HEARTBEAT_MS, () => {
      const tx = this.db.transaction('lanes', 'readwrite');
      this.mark(tx.store, this.clock.now())
        .catch(() => {})
        .finally(() => this.beat());
    });
  }
}
