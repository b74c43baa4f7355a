import type { Room } from '../../core/document/room/room.js';

/** A room without text. */
const ROOM_BYTES = 8 * 1024;
/** The bytes of a document, and once more as they are sent to who opens it. */
const FACTOR = 2;

/** Keeps count of what the documents in memory take: exact at each `recount`, and what was loaded since. */
export class RoomMemory {
  private bytes = 0;

  constructor(private readonly bound: number) {}

  get isFull(): boolean {
    return this.bytes > this.bound;
  }

  recount(rooms: Iterable<Room>): void {
    this.bytes = 0;
    for (const room of rooms) this.bytes += costOf(room);
  }

  added(room: Room): void {
    this.bytes += costOf(room);
  }

  removed(room: Room): void {
    this.bytes -= costOf(room);
  }
}

function costOf(room: Room): number {
  return ROOM_BYTES + FACTOR * room.state.byteLength + room.overlay.bytes;
}
