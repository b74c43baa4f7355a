import type { Clock } from '../clock.js';
import { systemClock } from '../clock.js';
import { randomId } from '../random-id.js';
import { entriesOf, type LaneRow, type OutboxDatabase, openDatabase } from './indexeddb-database.js';
import { readKept } from './indexeddb-kept.js';
import { IndexedDbLane } from './indexeddb-lane.js';
import { type LaneLock, webLock } from './lane-lock.js';
import type { OutboxEntry, OutboxKey, OutboxLane, OutboxStore } from './outbox-store.js';

export interface IndexedDbOutboxOptions {
  /** Name of the database. */
  readonly name?: string;
  /** Default: Web Locks where there are some; null to go by heartbeats. */
  readonly lock?: LaneLock | null;
  readonly clock?: Clock;
}

/** Browsers slow the timers of hidden tabs to one a minute. */
const DEAD_AFTER_MS = 150_000;

/**
 * The outbox of a browser: survives a reload, a closed tab and a crash. Each open document of each tab has a lane of
 * its own; the next open of the document by the same user adopts the lanes whose tabs are gone.
 */
export class IndexedDbOutbox implements OutboxStore {
  private readonly name: string;
  private readonly clock: Clock;
  private readonly lock: LaneLock | null;
  private database: Promise<OutboxDatabase> | undefined;
  private usable: Promise<OutboxDatabase> | undefined;

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
    const kept = await readKept(db, key);
    return new IndexedDbLane({ db, lane, key, adopted, kept, clock: this.clock, release });
  }

  /** Closes the database; lanes must be closed before. */
  async close(): Promise<void> {
    (await this.database)?.close();
    this.database = undefined;
    this.usable = undefined;
  }

  private connect(): Promise<OutboxDatabase> {
    this.usable ??= new Promise((resolve, reject) => {
      // A document must not wait until somebody closes an old tab: this page then goes on without storage.
      const blocked = () => reject(new Error('A tab of an older version holds the outbox of this browser'));
      this.database = openDatabase(this.name, blocked);
      this.database.then(resolve, reject);
    });
    return this.usable;
  }

  /** Moves what dead lanes hold into `lane`, oldest lane first, under ids below zero. */
  private async adopt(db: OutboxDatabase, lane: string, key: OutboxKey): Promise<OutboxEntry[]> {
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
const moveEntries = async (db: OutboxDatabase, from: string[], to: string): Promise<OutboxEntry[]> => {
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
  const adopted = found.map(({ update, edits, provenance }, i) => ({
    id: i - found.length,
    update,
    edits,
    ...(provenance && { provenance }),
  }));
  for (const entry of adopted) await entries.put({ ...entry, lane: to });
  await tx.done;
  return adopted;
};
