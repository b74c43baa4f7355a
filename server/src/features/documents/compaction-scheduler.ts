import type { Logger } from 'pino';
import { type Compaction, type Compactor, isCompactionDue } from '../../core/document/compactor.js';
import type { Room } from '../../core/document/room/room.js';
import { readRuns } from '../../core/document/snapshot-codec.js';
import { StoreUnavailable, type UpdateLog } from '../../core/document/update-log.js';
import { type RoomObserver, secondsSince } from './room-observer.js';

/** A tail that has become so many times what makes it due does not wait for `restMs`. */
const HOT = 64;

/** Writes snapshots of rooms whose tail has grown long; one room at a time, in the background. */
export class CompactionScheduler {
  private readonly queue = new Set<Room>();
  /** How many rows the tail of a room had when it could not be compacted. */
  private readonly failedAt = new WeakMap<Room, number>();
  /** On the process's own clock. */
  private readonly compactedAt = new WeakMap<Room, number>();
  /** Where the loading pointer stands, when another node has moved it last. */
  private readonly pointers = new WeakMap<Room, number>();
  private running: Promise<void> | undefined;
  private isStopped = false;

  constructor(
    private readonly log: UpdateLog,
    private readonly compactor: Compactor,
    /**
     * Rows and bytes after the snapshot, and how long a document rests after a compaction: one that is typed in is due again
     * at once, which at 50,000 edits a second was a tenth of all work.
     */
    private readonly policy: { rows: number; bytes: number; restMs: number },
    private readonly logger: Logger,
    private readonly observer: RoomObserver,
  ) {}

  /** Not of one that lacks edits: behind a snapshot of the rest, what is lost of its base would look like nothing at all. */
  consider(room: Room): void {
    if (room.damage) return;
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
    if (tail.rows < 2 * (this.failedAt.get(room) ?? 0) || !isCompactionDue(tail, this.policy)) return false;
    const age = performance.now() - (this.compactedAt.get(room) ?? Number.NEGATIVE_INFINITY);
    return age >= this.policy.restMs || tail.rows >= this.policy.rows * HOT || tail.bytes >= this.policy.bytes * HOT;
  }

  private async run(): Promise<void> {
    for (const room of this.queue) {
      const { rows } = room.state.tailLength;
      try {
        await this.compact(room);
        this.failedAt.delete(room);
        this.compactedAt.set(room, performance.now());
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
    const { state } = room;
    const began = performance.now();
    const compaction = await this.compactor.compact(state.encode(), room.kind, state.seq);
    const isSaved = await this.save(room, compaction);
    // Where another node was first, the snapshot is not kept; in memory it is as good as theirs.
    state.rebase({
      seq: compaction.snapshot.seq,
      runs: readRuns(compaction.snapshot),
      deletes: compaction.moreDeletes,
    });
    if (!isSaved) return;
    this.observer.compacted(secondsSince(began));
    this.logger.debug({ documentId: room.documentId, seq: state.compactedSeq }, 'compacted');
  }

  /** False when another node has moved the loading pointer meanwhile: next time this one knows where it stands. */
  private async save(room: Room, { snapshot }: Compaction): Promise<boolean> {
    const { documentId, epoch, state } = room;
    const pointer = this.pointers.get(room) ?? state.compactedSeq;
    const isSaved = await this.log.saveSnapshot(documentId, snapshot, pointer, epoch);
    const now = isSaved ? snapshot.seq : (await this.log.heads([documentId])).get(documentId)?.snapshotSeq;
    if (now !== undefined) this.pointers.set(room, now);
    return isSaved;
  }
}
