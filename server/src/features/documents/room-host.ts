import { type Limits, TandemError } from '@tandem/protocol';
import type { Memberships } from '../../core/access/memberships.js';
import type { Admission, Refusal } from '../../core/document/room/admission.js';
import type { EditOptions } from '../../core/document/room/edit-admission.js';
import type { Outcome } from '../../core/document/room/overlay.js';
import type { Opened, OpenRequest, Room } from '../../core/document/room/room.js';
import { type Identity, type RoomPeer, RoomSession } from '../../core/document/room/room-session.js';
import type { DecodedUpdate } from '../../core/document/update/decoded-update.js';
import { StoredDataCorrupt, StoreUnavailable, type UpdateLog } from '../../core/document/update-log.js';
import type { Work } from '../../core/work.js';
import { inTurns } from '../../platform/long-work.js';
import type { CommitSettlement } from './commit-settlement.js';
import type { HeadWatch } from './head-watch.js';
import type { RightsWatcher } from './rights-watcher.js';
import type { RoomBroadcast } from './room-broadcast.js';
import type { RoomDirectory } from './room-directory.js';

export interface Joined extends Omit<Opened, 'type' | 'fenced'> {
  readonly room: Room;
  readonly session: RoomSession;
}

/** Up to this size, in bytes, an update is judged at once, in a millisecond or two; above it in turns with all that others do. */
const AT_ONCE = 16 * 1024;

/** Called once: what became of an update. */
export type EditAnswer = (outcome: { seq: number; stored: boolean } | TandemError) => void;

/** What editors do in rooms: open, edit, move their cursor, leave. */
export class RoomHost {
  constructor(
    private readonly rooms: RoomDirectory,
    private readonly log: UpdateLog,
    private readonly memberships: Memberships,
    private readonly broadcast: RoomBroadcast,
    private readonly settlement: CommitSettlement,
    private readonly schedule: (room: Room) => void,
    private readonly rights: Pick<RightsWatcher, 'now' | 'haveChanged'>,
    private readonly heads: Pick<HeadWatch, 'isStale' | 'look' | 'whenBack'>,
    readonly limits: Limits,
  ) {}

  /**
   * Makes the peer a member of the room. From the turn in which this resolves it gets every edit after `seq`.
   * Rejects with TandemError: `not_found`, `epoch_mismatch`, `client_id_taken`, `not_your_client_id`, `store_unavailable`.
   */
  async open(
    peer: RoomPeer,
    identity: Identity,
    documentId: string,
    request: OpenRequest & { instance?: string | undefined },
    /** Awaited right before the answer is made, which may be a whole document. */
    hasRoom: (room: Room) => Promise<void>,
  ): Promise<Joined> {
    // After a pause of the whole process: what it holds is of before.
    // A look that was under way then has asked too early.
    for (let looks = 0; looks < 2 && this.heads.isStale; looks++) await this.heads.look().catch(unavailable);
    let { clientId } = request;
    for (let hasCaughtUp = false; ; ) {
      const since = this.rights.now;
      const access = await this.memberships.document(identity.id, documentId);
      if (!access) throw new TandemError('not_found');
      const room = await this.rooms.open(documentId);
      await this.heads.whenBack(room).catch(unavailable);
      // A damaged room knows the owners, and not of which `Y.Doc` an id is.
      if (clientId !== undefined && (room.damage || !room.clientIds.isBound(clientId))) {
        // Who only reads needs no database that can be written (F6): the first edit binds it.
        if (!(await this.isBindable(room, clientId, identity.id, request.instance))) clientId = undefined;
      }
      await hasRoom(room);
      // Somebody's rights moved while this one was on its way in: read them again.
      if (this.rights.haveChanged(room.projectId, since) || this.rooms.get(documentId) !== room) continue;
      // The room was loaded under later rights than the role: with them its fence would let the old role write.
      if (access.accessVersion < room.accessVersion) continue;
      if (clientId !== request.clientId && isInUse(room, request.clientId!)) throw new TandemError('store_unavailable');
      const session = new RoomSession(peer, identity, access.role, request.instance, room.epoch);
      const opened = room.open(session, { ...request, clientId });
      if (opened.type === 'refused') throw refusal(opened);
      if (opened.type === 'unbound') continue;
      if (opened.type === 'behind') {
        if (hasCaughtUp) throw refusal(opened.refusal);
        await this.catchUp(room);
        hasCaughtUp = true;
        continue;
      }
      if (opened.fenced) this.fence(room, opened.fenced);
      return { ...opened, room, session };
    }
  }

  /**
   * Takes an update. Usually done when it returns, the answer coming after the commit; when it is large, or something has to be
   * looked up first, it returns a promise, and the caller holds back what the same editor sends for this document meanwhile.
   */
  edit(
    room: Room,
    session: RoomSession,
    bytes: Uint8Array,
    options: EditOptions,
    answer: EditAnswer,
  ): Promise<void> | void {
    if (bytes.length > AT_ONCE) return this.editInTurns(room, session, bytes, options, answer);
    const settle = (outcome: Outcome) => answer(toAnswer(outcome));
    const admission = room.admit(session, bytes, options, settle);
    if (this.conclude(room, admission, answer)) return;
    return this.editAfterLookup(room, session, admission, answer, () => {
      const again = room.admit(session, bytes, options, settle);
      return this.conclude(room, again, answer) ? undefined : again;
    });
  }

  moveCursor(room: Room, session: RoomSession, bytes: Uint8Array, now: number): Promise<void> | void {
    const moved = room.moveCursor(session, bytes, now);
    if (moved.type === 'unbound') {
      return this.bind(room, moved.clientIds, session.userId).then(() => this.moveCursor(room, session, bytes, now));
    }
    if (moved.type === 'refused') throw refusal(moved);
    if (moved.clientIds.length > 0) this.broadcast.cursors.moved(room, moved.clientIds, session);
  }

  leave(room: Room, session: RoomSession): void {
    if (session.isClosed) return;
    this.broadcast.cursorsGone(room, room.leave(session));
  }

  /** Called when a slow reader has caught up with what was queued for it. */
  drained(room: Room, session: RoomSession): void {
    this.broadcast.resync(room, session);
  }

  /** After a pause of the whole process what it holds is of before. Rejects with TandemError `store_unavailable`. */
  async catchUpAfterPause(documentId: string): Promise<void> {
    // A look that was under way then has asked too early.
    for (let looks = 0; looks < 2 && this.heads.isStale; looks++) await this.heads.look().catch(unavailable);
    const room = this.rooms.get(documentId);
    if (room) await this.heads.whenBack(room).catch(unavailable);
  }

  private async editInTurns(
    room: Room,
    session: RoomSession,
    bytes: Uint8Array,
    options: EditOptions,
    answer: EditAnswer,
  ): Promise<void> {
    const update = await inTurns(room.decoding(session, bytes, options));
    if (isRefusal(update)) return answer(refusal(update));
    const settle = (outcome: Outcome) => answer(toAnswer(outcome));
    const admit = () => inTurns(this.concluding(room, room.admitting(session, update, options, settle), answer));
    const admission = await admit();
    if (admission) await this.editAfterLookup(room, session, admission, answer, admit);
  }

  /** What was found is acted on before anybody else has a turn; undefined when that was all. */
  private *concluding(room: Room, work: Work<Admission>, answer: EditAnswer): Work<Admission | undefined> {
    const admission = yield* work;
    return this.conclude(room, admission, answer) ? undefined : admission;
  }

  /** `again` asks once more, and resolves to what is still to be looked up. */
  private async editAfterLookup(
    room: Room,
    session: RoomSession,
    first: Admission,
    answer: EditAnswer,
    again: () => Promise<Admission | undefined> | Admission | undefined,
  ): Promise<void> {
    try {
      let hasCaughtUp = false;
      for (let admission: Admission | undefined = first; admission; admission = await again()) {
        if (admission.type === 'unbound') await this.bind(room, admission.clientIds, session.userId);
        else if (admission.type === 'behind') {
          if (hasCaughtUp) return answer(refusal(admission.refusal));
          await this.catchUp(room);
          hasCaughtUp = true;
        }
      }
    } catch (error) {
      answer(asTandemError(error));
    }
  }

  /** True when nothing has to be looked up. */
  private conclude(room: Room, admission: Admission, answer: EditAnswer): boolean {
    switch (admission.type) {
      case 'admitted':
        this.schedule(room);
        return true;
      case 'known':
        if (admission.isCommitted) answer({ seq: room.state.seq, stored: false });
        else room.awaitEcho(admission.update, (outcome) => answer(toAnswer(outcome)));
        return true;
      case 'refused':
        answer(refusal(admission));
        return true;
      default:
        return false;
    }
  }

  private async catchUp(room: Room): Promise<void> {
    await this.settlement.catchUp(room).catch(unavailable);
  }

  /** `instance`: of the `Y.Doc` that the ids are of; those of an update may be what an earlier one has left behind. */
  private async bind(room: Room, clientIds: readonly number[], userId: string, instance?: string): Promise<void> {
    const owners = await this.log.bindClients(room.documentId, clientIds, userId, instance).catch(unavailable);
    for (const [clientId, owner] of owners) room.clientIds.bind(clientId, owner.userId, owner.instance);
  }

  /** Binds it; false when nothing can be written. */
  private async isBindable(room: Room, clientId: number, userId: string, instance?: string): Promise<boolean> {
    try {
      await this.bind(room, [clientId], userId, instance);
      return true;
    } catch (error) {
      if (error instanceof TandemError && error.code === 'store_unavailable') return room.clientIds.isBound(clientId);
      throw error;
    }
  }

  /** The same editor came back on a new connection: the old one, perhaps half open, gets nothing any more (V1). */
  private fence(room: Room, { session, cursorsGone }: NonNullable<Opened['fenced']>): void {
    this.broadcast.to(session, 'document:status', { documentId: room.documentId, state: 'closed' });
    this.broadcast.cursorsGone(room, cursorsGone);
  }
}

function isRefusal(update: DecodedUpdate | Refusal): update is Refusal {
  return 'type' in update;
}

/** Whether anybody has written, or was seen, under the id. */
function isInUse({ overlay, awareness }: Room, clientId: number): boolean {
  return overlay.end(clientId) > 0 || awareness.hasSeen(clientId);
}

function toAnswer(outcome: Outcome): { seq: number; stored: boolean } | TandemError {
  return outcome.type === 'committed' ? outcome : new TandemError(outcome.code);
}

function refusal({ code, details }: Refusal): TandemError {
  return new TandemError(code, undefined, details);
}

function unavailable(error: unknown): never {
  const isUnreadable = error instanceof StoreUnavailable || error instanceof StoredDataCorrupt;
  throw isUnreadable ? new TandemError('store_unavailable') : error;
}

function asTandemError(error: unknown): TandemError {
  if (error instanceof TandemError) return error;
  throw error;
}
