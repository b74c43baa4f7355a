import type { Clock } from '../clock.js';
import { entriesOf, type LaneRow, type OutboxDatabase } from './indexeddb-database.js';
import { writeKept } from './indexeddb-kept.js';
import type { KeptText } from './kept-text.js';
import type { OutboxChange, OutboxEntry, OutboxKey, OutboxLane } from './outbox-store.js';

const HEARTBEAT_MS = 5_000;

export interface IndexedDbLaneOptions {
  readonly db: OutboxDatabase;
  readonly lane: string;
  readonly key: OutboxKey;
  readonly adopted: readonly OutboxEntry[];
  readonly kept: readonly KeptText[];
  readonly clock: Clock;
  /** Lets go of the lock; undefined where heartbeats tell who is alive. */
  readonly release: (() => void) | undefined;
}

/** One lane in the database, while its owner lives. */
export class IndexedDbLane implements OutboxLane {
  readonly adopted: readonly OutboxEntry[];
  readonly kept: readonly KeptText[];
  private last: Promise<unknown> = Promise.resolve();
  private cancelHeartbeat: (() => void) | undefined;

  constructor(private readonly options: IndexedDbLaneOptions) {
    this.adopted = options.adopted;
    this.kept = options.kept;
    if (!options.release) this.beat();
  }

  write({ add, remove }: OutboxChange): Promise<void> {
    const { db, lane } = this.options;
    return this.inOrder(async () => {
      const tx = db.transaction('entries', 'readwrite');
      for (const id of remove) void tx.store.delete([lane, id]);
      for (const entry of add) void tx.store.put({ ...entry, lane });
      await tx.done;
    });
  }

  keep(text: KeptText): Promise<void> {
    const { db, key } = this.options;
    return this.inOrder(() => writeKept(db, key, text));
  }

  discard(id: string): Promise<void> {
    return this.inOrder(() => this.options.db.delete('kept', id));
  }

  /** An empty lane leaves no trace. */
  async close(): Promise<void> {
    const { db, lane, release } = this.options;
    this.cancelHeartbeat?.();
    await this.last;
    const tx = db.transaction(['lanes', 'entries'], 'readwrite');
    const left = await tx.objectStore('entries').count(entriesOf(lane));
    if (left === 0) await tx.objectStore('lanes').delete(lane);
    else await this.mark(tx.objectStore('lanes'), Number.NEGATIVE_INFINITY);
    await tx.done;
    release?.();
  }

  private inOrder(work: () => Promise<void>): Promise<void> {
    const done = this.last.then(work);
    this.last = done.catch(() => {});
    return done;
  }

  private async mark(
    lanes: { get(lane: string): Promise<LaneRow | undefined>; put(row: LaneRow): Promise<unknown> },
    heartbeat: number,
  ): Promise<void> {
    const row = await lanes.get(this.options.lane);
    if (row) await lanes.put({ ...row, heartbeat });
  }

  private beat(): void {
    const { db, clock } = this.options;
    this.cancelHeartbeat = clock.after(HEARTBEAT_MS, () => {
      const tx = db.transaction('lanes', 'readwrite');
      this.mark(tx.store, clock.now())
        .catch(() => {})
        .finally(() => this.beat());
    });
  }
}
