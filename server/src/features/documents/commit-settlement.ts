import type { Logger } from 'pino';
import type { Memberships } from '../../core/access/memberships.js';
import type { PendingUpdate } from '../../core/document/room/overlay.js';
import type { Room } from '../../core/document/room/room.js';
import type { RoomSession } from '../../core/document/room/room-session.js';
import type { RoomBus } from '../../core/document/room-bus.js';
import type { DecodedUpdate } from '../../core/document/update/decoded-update.js';
import { joinUpdates } from '../../core/document/update/join-updates.js';
import { OutdatedState, type StoredRow, StoreUnavailable, type UpdateLog } from '../../core/document/update-log.js';
import type { Work } from '../../core/work.js';
import { inTurns } from '../../platform/long-work.js';
import { type CommitHandler, type Settled, STALLED_AFTER_MS } from './committers.js';
import type { CompactionScheduler } from './compaction-scheduler.js';
import type { DocumentCompanions } from './document-companions.js';
import type { Look } from './head-watch.js';
import { takeStored } from './loaded-room.js';
import { Outage } from './outage.js';
import { RightsRefresh } from './rights-refresh.js';
import type { RoomBroadcast } from './room-broadcast.js';
import type { RoomDirectory } from './room-directory.js';

/** Rows of one piece of long work, which are shown as one. */
const PIECE = 256;

/** What follows a commit, a refusal by the fence, or a database that does not answer. */
export class CommitSettlement implements CommitHandler {
  private readonly outage: Outage;
  private readonly rights: RightsRefresh;

  constructor(
    private readonly log: UpdateLog,
    private readonly bus: RoomBus,
    memberships: Memberships,
    private readonly rooms: RoomDirectory,
    private readonly broadcast: RoomBroadcast,
    private readonly compaction: CompactionScheduler,
    private readonly reschedule: (room: Room) => void,
    private readonly companions: DocumentCompanions,
    private readonly logger: Logger,
  ) {
    this.rights = new RightsRefresh(memberships, broadcast);
    this.outage = new Outage({
      reconcile: (room) => this.reconcile(room),
      tell: (room, state) => this.broadcast.tell(room, 'document:status', { documentId: room.documentId, state }),
      reschedule,
    });
  }

  settled(room: Room, batch: readonly PendingUpdate[], result: Settled): () => void {
    this.outage.over(room);
    if (result.type === 'stored') return this.stored(room, batch, result.fromSeq);
    if (result.type === 'deleted') return () => this.close(room, 'not_found');
    if (result.type === 'older') return () => this.isOlder(room, result.head, room.state.seq);
    if (result.epoch !== room.epoch) return () => this.reset(room, result.epoch);
    room.overlay.isHeld = true;
    room.overlay.putBack();
    return () => void this.refreshRights(room, result.accessVersion);
  }

  /** The state of the room moves at once, in the turn of the event loop that learns of the commit. */
  private stored(room: Room, batch: readonly PendingUpdate[], fromSeq: number): () => void {
    if (fromSeq > room.state.seq + 1) {
      room.overlay.putBack();
      room.overlay.isHeld = true;
      return () => void this.rejoin(room);
    }
    const first = room.state.seq + 1;
    const fresh = batch.slice(first - fromSeq);
    // Of an edit that its author has brought over another node meanwhile, only what is left: rows join without a hole.
    const news = fresh.flatMap((pending) => room.appendRow(pending.update) ?? []);
    room.overlay.settle();
    this.compaction.consider(room);
    return () => {
      try {
        this.show(room, fresh, news, first);
      } finally {
        this.acknowledge(batch, fromSeq);
        room.answerEchoes();
      }
    };
  }

  /** Another node stored rows in between: all are read, ours among them, and the room goes on at once. */
  private async rejoin(room: Room): Promise<void> {
    if (!(await this.tellingIfLate(room, this.reconcile(room)))) {
      this.outage.hold(room);
      return;
    }
    this.outage.over(room);
    room.overlay.isHeld = false;
    room.answerEchoes();
    this.reschedule(room);
  }

  private show(room: Room, edits: readonly PendingUpdate[], news: readonly DecodedUpdate[], fromSeq: number): void {
    if (edits.length === 0) return;
    const update = joinUpdates(news);
    const seq = fromSeq + edits.length - 1;
    this.broadcast.edits(room, { fromSeq, seq, update, soleAuthor: soleAuthor(edits) });
    this.bus.publish({ type: 'edits', documentId: room.documentId, epoch: room.epoch, fromSeq, seq, update });
    this.companions.current.committed(room);
  }

  unavailable(rooms: readonly Room[], error: unknown): void {
    this.logger.warn({ err: error, rooms: rooms.length }, 'the log could not be written; edits wait');
    this.stalled(rooms);
    for (const room of rooms) this.outage.hold(room);
  }

  stalled(rooms: readonly Room[]): void {
    this.outage.stalled(rooms);
  }

  undelivered(error: unknown): void {
    this.logger.error({ err: error }, 'the frames of a commit could not be written');
  }

  /** The state is as the log has it: the edits go back to their editors, and the room goes on. */
  failed(room: Room, error: unknown): void {
    this.logger.error({ err: error, documentId: room.documentId }, 'the edits of a document could not be stored');
    room.overlay.isHeld = false;
    room.giveBack('store_unavailable');
  }

  broken(room: Room, error: unknown): void {
    this.logger.error({ err: error, documentId: room.documentId }, 'a room contradicts the log and is closed');
    this.close(room, 'store_unavailable');
  }

  /** The editors open anew, and keep what they had (V5). */
  private isOlder(room: Room, head: number, seq: number): void {
    this.broken(room, new Error(`the log ends at ${head}, the room was at ${seq}: the database came back older`));
  }

  /** The log has more of the document than the room, and no row will tell: it is read anew. */
  reload(room: Room): void {
    this.close(room, 'store_unavailable');
  }

  /**
   * Brings a room to where the log says that its document stands: edits, rights, a reset, a deletion that nobody told of. A
   * database that came back older than the room (a failover that lost commits, a backup) has another document (V5).
   */
  async observe(room: Room, { head, seq, isStale }: Look): Promise<void> {
    if (this.rooms.get(room.documentId) !== room) return;
    if (!head) this.close(room, 'not_found');
    else if (head.epoch !== room.epoch) this.reset(room, head.epoch);
    else if (head.head < seq) this.isOlder(room, head.head, seq);
    else {
      // A commit that is under way finds out by itself; what it writes is not to be read twice, unless somebody waits.
      const isBusy = room.overlay.batch.length > 0 || room.overlay.isHeld;
      if (isBusy && !isStale) return;
      if (!isBusy && head.accessVersion > room.accessVersion) {
        room.overlay.isHeld = true;
        await this.refreshRights(room, head.accessVersion);
      }
      if (head.head > room.state.seq) await this.catchUp(room);
    }
  }

  /**
   * Reads what the log holds beyond the room's state and shows it to everybody here. Rejects with StoreUnavailable, and with
   * StoredDataCorrupt for a row that the room cannot take: all before it is in the room then.
   */
  async catchUp(room: Room): Promise<void> {
    const rows = await this.log.rowsAfter(room.documentId, room.state.seq).catch((error: unknown) => {
      if (error instanceof OutdatedState) return this.leaveBehind(room);
      throw error;
    });
    await inTurns(this.taking(room, rows));
    this.compaction.consider(room);
  }

  /** In pieces: a node that was stopped for a while may have missed a hundred thousand. */
  private *taking(room: Room, rows: readonly StoredRow[]): Work<void> {
    for (let from = 0; from < rows.length; from += PIECE) {
      if (from > 0) yield;
      // The room may have gone on meanwhile.
      this.take(
        room,
        rows.slice(from, from + PIECE).filter(({ seq }) => seq > room.state.seq),
      );
    }
  }

  private take(room: Room, rows: readonly StoredRow[]): void {
    const { seq: before } = room.state;
    try {
      for (const row of rows) takeStored(room, row);
    } finally {
      // Whatever comes after: the state must not be ahead of what was shown.
      const { seq } = room.state;
      if (seq > before) {
        const update = room.state.encodeSince(before) ?? room.state.encode();
        this.broadcast.edits(room, { fromSeq: before + 1, seq, update });
      }
    }
  }

  /** Nothing continues the room's state: the document was reset, or this node slept for longer than history is kept. */
  private async leaveBehind(room: Room): Promise<[]> {
    const head = (await this.log.heads([room.documentId])).get(room.documentId);
    if (head && head.epoch !== room.epoch) this.reset(room, head.epoch);
    else this.close(room, head ? 'store_unavailable' : 'not_found');
    return [];
  }

  /** Waiting for a database comes to an end: what waits is given back. */
  stop(): void {
    this.outage.stop();
  }

  /** After an unknown outcome: what is in the log by now is acknowledged, the rest may be sent again. */
  private async reconcile(room: Room): Promise<boolean> {
    try {
      await this.catchUp(room);
    } catch (error) {
      if (error instanceof StoreUnavailable) return false;
      this.failed(room, error);
      return true;
    }
    const { seq } = room.state;
    for (const pending of room.takeKnown()) pending.answer({ type: 'committed', seq, stored: true });
    return true;
  }

  private async refreshRights(room: Room, accessVersion: number): Promise<void> {
    try {
      await this.tellingIfLate(room, this.rights.run(room, accessVersion));
      this.outage.over(room);
      room.overlay.isHeld = false;
      this.reschedule(room);
    } catch (error) {
      this.failed(room, error);
    }
  }

  /** What is read of a room whose edits wait for it may be as late as a commit. */
  private tellingIfLate<T>(room: Room, answer: Promise<T>): Promise<T> {
    const slow = setTimeout(() => this.outage.stalled([room]), STALLED_AFTER_MS);
    return answer.finally(() => clearTimeout(slow));
  }

  private reset(room: Room, epoch: number): void {
    room.epoch = epoch;
    this.broadcast.tell(room, 'document:reset', { documentId: room.documentId, epoch });
    room.giveBack('epoch_mismatch');
    this.empty(room);
  }

  private close(room: Room, code: 'not_found' | 'store_unavailable'): void {
    room.giveBack(code);
    const { documentId } = room;
    // A room that is given up for what the log holds is open again at once.
    const more = code === 'store_unavailable' ? { reopen: true as const } : {};
    this.broadcast.tell(room, 'document:status', { documentId, state: 'closed', ...more });
    this.empty(room);
  }

  private empty(room: Room): void {
    for (const session of [...room.sessions]) room.leave(session);
    this.rooms.evict(room);
  }

  private acknowledge(batch: readonly PendingUpdate[], fromSeq: number): void {
    for (const [index, pending] of batch.entries()) {
      pending.answer({ type: 'committed', seq: fromSeq + index, stored: true });
    }
  }
}

function soleAuthor(batch: readonly PendingUpdate[]): RoomSession | undefined {
  const author = batch[0]?.session;
  return batch.every((pending) => pending.session === author) ? author : undefined;
}
