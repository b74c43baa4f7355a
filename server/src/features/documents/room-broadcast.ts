import type { EventOf, ServerEvent } from '@tandem/protocol';
import type { DocumentState } from '../../core/document/document-state.js';
import type { Room } from '../../core/document/room/room.js';
import type { RoomSession } from '../../core/document/room/room-session.js';
import type { RoomFrames } from '../../core/document/room-frames.js';
import { ByteReader } from '../../core/document/update/byte-reader.js';
import { CursorFeed } from './cursor-feed.js';
import type { RoomObserver } from './room-observer.js';

/** Of one `document:resync`, in bytes: no more than may wait for a reader anyway. */
const MAX_RESYNC = 1024 * 1024;

/** Committed edits on their way to the editors of a room. */
export interface Edits {
  readonly fromSeq: number;
  readonly seq: number;
  readonly update: Uint8Array;
  /** Has them already, and learns their `seq` from its acks. */
  readonly soleAuthor?: RoomSession | undefined;
}

/** The room's own loop over its sockets: each frame is encoded once, a slow reader is skipped and brought up later (D6). */
export class RoomBroadcast {
  readonly cursors = new CursorFeed((room, update, except) => this.cursorsMoved(room, update, except));

  constructor(
    private readonly frames: RoomFrames,
    private readonly observer: RoomObserver,
    /** Tells the other nodes of cursors that moved here, or went. */
    private readonly tellNodes: (room: Room, update: Uint8Array) => void = () => undefined,
  ) {}

  edits(room: Room, { fromSeq, seq, update, soleAuthor }: Edits): void {
    const { documentId, epoch } = room;
    if (soleAuthor && !soleAuthor.isLagging) soleAuthor.sentSeq = seq;
    if (room.sessions.size === (soleAuthor && room.sessions.has(soleAuthor) ? 1 : 0)) return;
    const frame = this.frames.encode('document:update', { documentId, update, fromSeq, seq, epoch });
    for (const session of room.sessions) {
      // One that opened while these were on their way to it has them in its answer.
      if (session === soleAuthor || session.isLagging || session.sentSeq >= seq) continue;
      if (session.peer.write(frame)) session.sentSeq = seq;
      else session.isLagging = true;
    }
  }

  /** To everybody in the room. */
  tell<E extends ServerEvent>(
    room: Room,
    event: E,
    body: EventOf<E>,
    delivery: 'droppable' | 'certain' = 'certain',
  ): void {
    const frame = this.frames.encode(event, body);
    for (const session of room.sessions) session.peer.write(frame, delivery);
  }

  cursorsGone(room: Room, update: Uint8Array | undefined): void {
    if (!update) return;
    this.remoteCursors(room, update);
    this.tellNodes(room, update);
  }

  /** Of editors on other nodes. Certain when one of them has gone: nobody else would take a ghost away. */
  remoteCursors(room: Room, update: Uint8Array | undefined): void {
    if (!update) return;
    const delivery = tellsOfGone(update) ? 'certain' : 'droppable';
    this.tell(room, 'awareness:update', { documentId: room.documentId, update }, delivery);
  }

  to<E extends ServerEvent>(session: RoomSession, event: E, body: EventOf<E>): void {
    session.peer.write(this.frames.encode(event, body), 'certain');
  }

  /** Droppable: a cursor that moved moves again, or is renewed. */
  private cursorsMoved(room: Room, update: Uint8Array, except: RoomSession | undefined): void {
    if (room.sessions.size > (except ? 1 : 0)) {
      const frame = this.frames.encode('awareness:update', { documentId: room.documentId, update });
      for (const session of room.sessions) if (session !== except) session.peer.write(frame);
    }
    this.tellNodes(room, update);
  }

  /** Ends somebody's part in the room, whose cursor goes with it. */
  dismiss(room: Room, session: RoomSession): void {
    this.close(room, session, {});
  }

  /** The backlog of a slow reader is gone: all that it may lack, in one frame. */
  resync(room: Room, session: RoomSession): void {
    if (!session.isLagging || session.isClosed) return;
    const update = lackedBy(session, room.state);
    if (!update) {
      // It opens the document again, and gets it in pieces, as fast as it reads: frames of any size for many have no bound.
      this.close(room, session, { reopen: true });
      this.observer.resynced();
      return;
    }
    const { seq } = room.state;
    const body = {
      documentId: room.documentId,
      update,
      stateVector: room.state.encodedStateVector(),
      seq,
      epoch: room.epoch,
    };
    if (!session.peer.write(this.frames.encode('document:resync', body))) return;
    session.isLagging = false;
    session.sentSeq = seq;
    this.observer.resynced();
  }

  private close(room: Room, session: RoomSession, more: { reopen?: true }): void {
    this.to(session, 'document:status', { documentId: room.documentId, state: 'closed', ...more });
    this.cursorsGone(room, room.leave(session));
  }
}

/** Undefined when it is more than one frame should hold. */
function lackedBy({ sentSeq }: RoomSession, state: DocumentState): Uint8Array | undefined {
  const since = state.encodeSince(sentSeq) ?? (state.byteLength <= MAX_RESYNC ? state.encode() : undefined);
  return since && since.length <= MAX_RESYNC ? since : undefined;
}

/** Whether one of the states of an awareness update is `null`. */
function tellsOfGone(update: Uint8Array): boolean {
  const reader = new ByteReader(update);
  for (let left = reader.varUint(); left > 0; left--) {
    reader.varUint();
    reader.varUint();
    if (reader.varBytes()[0] === NULL) return true;
  }
  return false;
}

/** How `null` begins; every other state is an object. */
const NULL = 'n'.charCodeAt(0);
