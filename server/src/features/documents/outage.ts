import { setTimeout as delay } from 'node:timers/promises';
import type { Room } from '../../core/document/room/room.js';

/** How long the edits of a room wait for a log that does not take them before they are given back (V6). */
const GIVE_UP_AFTER_MS = 30_000;
const PAUSE_MS = { first: 25, longest: 1000 };

export interface OutageActions {
  /** Brings the room to what the log holds; false when the log cannot be read either. */
  reconcile(room: Room): Promise<boolean>;
  tell(room: Room, state: 'stalled' | 'ok'): void;
  reschedule(room: Room): void;
}

/**
 * A log that cannot be written, or not even read: rooms wait, with pauses that grow until something is stored again (a
 * full disk answers every read), and their editors are told once at each end.
 */
export class Outage {
  private readonly failingSince = new Map<Room, number>();
  private readonly stalledRooms = new Set<Room>();
  private pause = PAUSE_MS.first;
  private isStopped = false;

  constructor(private readonly actions: OutageActions) {}

  stalled(rooms: readonly Room[]): void {
    for (const room of rooms) {
      if (this.stalledRooms.has(room)) continue;
      this.stalledRooms.add(room);
      this.actions.tell(room, 'stalled');
    }
  }

  /** The log has answered a write. */
  over(): void {
    if (this.stalledRooms.size === 0) return;
    this.pause = PAUSE_MS.first;
    this.failingSince.clear();
    for (const room of this.stalledRooms) this.actions.tell(room, 'ok');
    this.stalledRooms.clear();
  }

  /** Resolves when each room has been read anew and may be tried again, or its edits were given back. */
  async wait(rooms: readonly Room[]): Promise<void> {
    const left = new Set(rooms);
    for (const room of rooms) if (!this.failingSince.has(room)) this.failingSince.set(room, performance.now());
    while (left.size > 0) {
      await delay(this.pause);
      this.pause = Math.min(this.pause * 2, PAUSE_MS.longest);
      for (const room of left) {
        if (this.isHopeless(room)) this.giveUp(room);
        // It could not be read: the others would not be either.
        else if (!(await this.actions.reconcile(room))) break;
        left.delete(room);
        this.release(room);
      }
    }
  }

  release(room: Room): void {
    room.overlay.isHeld = false;
    room.answerEchoes();
    this.actions.reschedule(room);
  }

  /** What waits is given back at the next turn. */
  stop(): void {
    this.isStopped = true;
  }

  private isHopeless(room: Room): boolean {
    return this.isStopped || performance.now() - this.failingSince.get(room)! >= GIVE_UP_AFTER_MS;
  }

  private giveUp(room: Room): void {
    this.failingSince.delete(room);
    room.giveBack('store_unavailable');
  }
}
