import type { Room } from '../../core/document/room/room.js';
import type { RoomSession } from '../../core/document/room/room-session.js';

/** A room of hundreds shows its cursors at 10 Hz: that is smooth, and what each mover costs then does not grow with them. */
const LONGEST_MS = 100;
/** What a room's cursors may cost at most, over all of its recipients: then they come later yet, instead of slowing edits. */
const BYTES_PER_MS = 50_000;

interface Moving {
  readonly clientIds: Set<number>;
  readonly movers: Set<RoomSession>;
  /** When the next frame may go out, on the process's own clock. */
  notBefore: number;
  timer: NodeJS.Timeout | undefined;
}

/** Writes a room's cursors to everybody in it but `except`. */
export type SendCursors = (room: Room, update: Uint8Array, except: RoomSession | undefined) => void;

/**
 * Cursors that moved, on their way to the others. The first of a room at rest goes at once; those that follow gather, the
 * newest of each client, for as many milliseconds as there are editors: two see each other at 500 Hz, a hundred at 10.
 */
export class CursorFeed {
  private readonly rooms = new WeakMap<Room, Moving>();

  constructor(private readonly send: SendCursors) {}

  moved(room: Room, clientIds: readonly number[], mover: RoomSession): void {
    const moving = this.of(room);
    for (const clientId of clientIds) moving.clientIds.add(clientId);
    moving.movers.add(mover);
    if (moving.timer) return;
    const wait = moving.notBefore - performance.now();
    if (wait <= 0) this.flush(room, moving);
    else moving.timer = setTimeout(() => this.flush(room, moving), wait).unref();
  }

  private of(room: Room): Moving {
    let moving = this.rooms.get(room);
    if (!moving) {
      moving = { clientIds: new Set(), movers: new Set(), notBefore: 0, timer: undefined };
      this.rooms.set(room, moving);
    }
    return moving;
  }

  private flush(room: Room, moving: Moving): void {
    const update = room.awareness.encodeOf(moving.clientIds);
    const [mover] = moving.movers;
    // Who moved alone knows; of several each would need a frame of its own, and takes no harm from its own cursor.
    this.send(room, update, moving.movers.size === 1 ? mover : undefined);
    moving.timer = undefined;
    moving.clientIds.clear();
    moving.movers.clear();
    const { size } = room.sessions;
    moving.notBefore = performance.now() + Math.max(Math.min(size, LONGEST_MS), (update.length * size) / BYTES_PER_MS);
  }
}
