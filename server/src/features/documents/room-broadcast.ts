import type { EventOf, ServerEvent } from '@tandem/protocol';
import type { Room } from '../../core/document/room/room.js';
import type { RoomSession } from '../../core/document/room/room-session.js';
import type { RoomFrames } from '../../core/document/room-frames.js';
import type { RoomObserver } from './room-observer.js';

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
  tell<E extends ServerEvent>(room: Room, event: E, body: EventOf<E>): void {
    const frame = this.frames.encode(event, body);
    for (const session of room.sessions) session.peer.write(frame, 'certain');
  }

  /** Droppable: a cursor that moved moves again, or is renewed. */
  cursorMoved(room: Room, update: Uint8Array | undefined, mover: RoomSession): void {
    if (!update) return;
    const frame = this.frames.encode('awareness:update', { documentId: room.documentId, update });
    for (const session of room.sessions) if (session !== mover) session.peer.write(frame);
    this.tellNodes(room, update);
  }

  /** Certain: nobody would take a ghost away. */
  cursorsGone(room: Room, update: Uint8Array | undefined): void {
    if (!update) return;
    this.remoteCursors(room, update);
    this.tellNodes(room, update);
  }

  /** Of editors on other nodes; certain, since some of them may have gone. */
  remoteCursors(room: Room, update: Uint8Array | undefined): void {
    if (update) this.tell(room, 'awareness:update', { documentId: room.documentId, update });
  }

  to<E extends ServerEvent>(session: RoomSession, event: E, body: EventOf<E>): void {
    session.peer.write(this.frames.encode(event, body), 'certain');
  }

  /** Ends somebody's part in the room, whose cursor goes with it. */
  dismiss(room: Room, session: RoomSession): void {
    this.to(session, 'document:status', { documentId: room.documentId, state: 'closed' });
    this.cursorsGone(room, room.leave(session));
  }

  /** The backlog of a slow reader is gone: all that it may lack, in one frame. */
  resync(room: Room, session: RoomSession): void {
    if (!session.isLagging || session.isClosed) return;
    const update = room.state.encodeSince(session.sentSeq) ?? room.state.encode();
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
}
