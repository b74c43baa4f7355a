import { type Limits, type Provenance, TandemError } from '@tandem/protocol';
import type { Memberships } from '../../core/access/memberships.js';
import type { Outcome } from '../../core/document/room/overlay.js';
import type { Admission, Opened, OpenRequest, Refusal, Room } from '../../core/document/room/room.js';
import { type Identity, type RoomPeer, RoomSession } from '../../core/document/room/room-session.js';
import { StoreUnavailable, type UpdateLog } from '../../core/document/update-log.js';
import type { CommitSettlement } from './commit-settlement.js';
import type { HeadWatch } from './head-watch.js';
import type { RightsWatcher } from './rights-watcher.js';
import type { RoomBroadcast } from './room-broadcast.js';
import type { RoomDirectory } from './room-directory.js';

export interface Joined extends Omit<Opened, 'type' | 'fenced'> {
  readonly room: Room;
  readonly session: RoomSession;
}

export interface EditOptions {
  readonly resync?: boolean | undefined;
  readonly provenance?: Provenance | undefined;
}

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
    private readonly heads: Pick<HeadWatch, 'isStale' | 'look'>,
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
    if (this.heads.isStale) await this.heads.look().catch(unavailable);
    for (let hasCaughtUp = false; ; ) {
      const since = this.rights.now;
      const access = await this.memberships.document(identity.id, documentId);
      if (!access) throw new TandemError('not_found');
      const room = await this.rooms.open(documentId);
      if (request.clientId !== undefined && !room.clientIds.isBound(request.clientId)) {
        await this.bind(room, [request.clientId], identity.id);
      }
      await hasRoom(room);
      // Somebody's rights moved while this one was on its way in: read them again.
      if (this.rights.haveChanged(room.projectId, since) || this.rooms.get(documentId) !== room) continue;
      // The room was loaded under later rights than the role: with them its fence would let the old role write.
      if (access.accessVersion < room.accessVersion) continue;
      const session = new RoomSession(peer, identity, access.role, request.instance, room.epoch);
      const opened = room.open(session, request);
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
   * Takes an update. Usually done when it returns, the answer coming after the commit; when something has to be looked
   * up first it returns a promise, and the caller holds back what the same editor sends for this document meanwhile.
   */
  edit(
    room: Room,
    session: RoomSession,
    bytes: Uint8Array,
    options: EditOptions,
    answer: EditAnswer,
  ): Promise<void> | void {
    const settle = (outcome: Outcome) => answer(toAnswer(outcome));
    const admission = room.admit(session, bytes, options, settle);
    if (this.conclude(room, admission, answer)) return;
    return this.editAfterLookup(room, session, bytes, options, answer, admission);
  }

  moveCursor(room: Room, session: RoomSession, bytes: Uint8Array, now: number): Promise<void> | void {
    const moved = room.moveCursor(session, bytes, now);
    if (moved.type === 'unbound') {
      return this.bind(room, moved.clientIds, session.userId).then(() => this.moveCursor(room, session, bytes, now));
    }
    if (moved.type === 'refused') throw refusal(moved);
    this.broadcast.cursorMoved(room, moved.news, session);
  }

  leave(room: Room, session: RoomSession): void {
    if (session.isClosed) return;
    this.broadcast.cursorsGone(room, room.leave(session));
  }

  /** Called when a slow reader has caught up with what was queued for it. */
  drained(room: Room, session: RoomSession): void {
    this.broadcast.resync(room, session);
  }

  private async editAfterLookup(
    room: Room,
    session: RoomSession,
    bytes: Uint8Array,
    options: EditOptions,
    answer: EditAnswer,
    first: Admission,
  ): Promise<void> {
    try {
      let admission = first;
      for (let hasCaughtUp = false; !this.conclude(room, admission, answer); ) {
        if (admission.type === 'unbound') await this.bind(room, admission.clientIds, session.userId);
        else if (admission.type === 'behind') {
          if (hasCaughtUp) {
            answer(refusal(admission.refusal));
            return;
          }
          await this.catchUp(room);
          hasCaughtUp = true;
        }
        admission = room.admit(session, bytes, options, (outcome) => answer(toAnswer(outcome)));
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

  private async bind(room: Room, clientIds: readonly number[], userId: string): Promise<void> {
    const owners = await this.log.bindClients(room.documentId, clientIds, userId).catch(unavailable);
    for (const [clientId, owner] of owners) room.clientIds.bind(clientId, owner);
  }

  /** The same editor came back on a new connection: the old one, perhaps half open, gets nothing any more (V1). */
  private fence(room: Room, { session, cursorsGone }: NonNullable<Opened['fenced']>): void {
    this.broadcast.to(session, 'document:status', { documentId: room.documentId, state: 'closed' });
    this.broadcast.cursorsGone(room, cursorsGone);
  }
}

function toAnswer(outcome: Outcome): { seq: number; stored: boolean } | TandemError {
  return outcome.type === 'committed' ? outcome : new TandemError(outcome.code);
}

function refusal({ code, details }: Refusal): TandemError {
  return new TandemError(code, undefined, details);
}

function unavailable(error: unknown): never {
  throw error instanceof StoreUnavailable ? new TandemError('store_unavailable') : error;
}

function asTandemError(error: unknown): TandemError {
  if (error instanceof TandemError) return error;
  throw error;
}
