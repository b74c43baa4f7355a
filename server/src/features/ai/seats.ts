import type { Room } from '../../core/document/room/room.js';
import type { RoomPeer, RoomSession } from '../../core/document/room/room-session.js';

export interface Seat {
  readonly room: Room;
  readonly session: RoomSession;
}

/** Which documents each connection of this node has open. */
export class Seats {
  private readonly byPeer = new Map<RoomPeer, Map<string, Seat>>();

  take(room: Room, session: RoomSession): void {
    const seats = this.byPeer.get(session.peer) ?? new Map<string, Seat>();
    this.byPeer.set(session.peer, seats.set(room.documentId, { room, session }));
  }

  leave(room: Room, session: RoomSession): void {
    const seats = this.byPeer.get(session.peer);
    // A later open of the same document has taken the place meanwhile.
    if (seats?.get(room.documentId)?.session !== session) return;
    seats.delete(room.documentId);
    if (seats.size === 0) this.byPeer.delete(session.peer);
  }

  /** The connection's seat in the document; none when it was closed, or put out. */
  of(peer: RoomPeer, documentId: string): Seat | undefined {
    const seat = this.byPeer.get(peer)?.get(documentId);
    return seat && !seat.session.isClosed ? seat : undefined;
  }

  /** Other documents of the project that the connection has open, the newest first. */
  others(peer: RoomPeer, { room }: Seat): string[] {
    return [...(this.byPeer.get(peer)?.values() ?? [])]
      .filter((seat) => seat.room !== room && seat.room.projectId === room.projectId && seat.room.kind === 'text')
      .map((seat) => seat.room.documentId)
      .reverse();
  }
}
