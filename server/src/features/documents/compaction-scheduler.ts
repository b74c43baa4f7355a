import type { Logger } from 'pino';
import { type Compactor, isCompactionDue } from '../../core/document/compactor.js';
import type { Room } from '../../core/document/room/room.js';
import { StoreUnavailable, type UpdateLog } from '../../core/document/update-log.js';
import { type RoomObserver, secondsSince } from './room-observer.js';

/** Writes snapshots of rooms whose tail has grown long; one room at a time, in the background. */
export class CompactionScheduler {
  private readonly queue = new Set<Room>();
  /** How many rows the tail of a room had when it could not be compacted. */
  private readonly failedAt = new WeakMap<Room, number>();
  private running: Promise<void> | undefined;
  private isStopped = false;

  constructor(
    private readonly log: UpdateLog,
    private readonly compactor: Compactor,
    /** Rows and bytes after the snapshot. */
    private readonly policy: { rows: number; bytes: number },
    private readonly logger: Logger,
    private readonly observer: RoomObserver,
  ) {}

  consider(room: Room): void {
    if (this.isStopped || this.queue.has(room) || !this.isDue(room)) return;
    this.queue.add(room);
    this.running ??= this.run();
  }

  /** Resolves when the compaction that is under way has ended; starts no more. */
  async stop(): Promise<void> {
    this.isStopped = true;
    this.queue.clear();
    await this.running;
  }

  /** Resolves when all that is due now is done. */
  async whenIdle(): Promise<void> {
    await this.running;
  }

  /** What failed will most likely fail again, and may cost the worker its whole time limit: each time half as often. */
  private isDue(room: Room): boolean {
    const tail = room.state.tailLength;
    return tail.rows >= 2 * (this.failedAt.get(room) ?? 0) && isCompactionDue(tail, this.policy);
  }

  private async run(): Promise<void> {
    for (const room of this.queue) {
      const { rows } = room.state.tailLength;
      try {
        await this.compact(room);
        this.failedAt.delete(room);
      } catch (error) {
        if (!(error instanceof StoreUnavailable)) this.failedAt.set(room, rows);
        // The rows are all there: a failed compaction costs time at the next open, nothing else.
        this.logger.warn({ err: error, documentId: room.documentId }, 'compaction failed');
      }
      this.queue.delete(room);
    }
    this.running = undefined;
  }

  private async compact(room: Room): Promise<void> {
    const { state, documentId, epoch } = room;
    const began = performance.now();
    const snapshot = await this.compactor.compact(state.encode(), room.kind, state.seq);
    if (await this.log.saveSnapshot(documentId, snapshot, state.compactedSeq, epoch)) {
      state.rebase(snapshot);
      this.observer.compacted(secondsSince(began));
      this.logger.debug({ documentId, seq: snapshot.seq }, 'compacted');
      return;
    }
    // Another node moved the pointer first: theirs is as good.
    const stored = await this.log.load(documentId);
    if (stored?.snapshot && stored.snapshot.seq > state.compactedSeq && stored.snapshot.seq <= state.seq) {
      state.rebase(stored.snapshot);
    }
  }
}
