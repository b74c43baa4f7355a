import { setTimeout as delay } from 'node:timers/promises';
import type { Room } from '../../core/document/room/room.js';

/** How long the edits of a room wait for a log that does not take them before they are given back (V6). */
const GIVE_UP_AFTER_MS = 30_000;
const PAUSE_MS = { first: 25, longest: 1000 };

export interface OutageActions {
  /** Brings the room to what the log holds; false when the log cannot be read either. Must not reject. */
  reconcile(room: Room): Promise<boolean>;
  tell(room: Room, state: 'stalled' | 'ok'): void;
  reschedule(room: Room): void;
}

/**
 * A log that cannot be written, or not even read: rooms wait here, held, and one loop asks for all of them. Its pauses
 * grow until something is stored again, because a full disk answers every read. Editors are told once at each end.
 */
export class Outage {
  /** Rooms that wait, and since when their edits could not be stored. */
  private readonly waiting = new Map<Room, number>();
  private readonly failingSince = new Map<Room, number>();
  private readonly stalledRooms = new Set<Room>();
  private pause = PAUSE_MS.first;
  private isAsking = false;
  private isStopped = false;

  constructor(private readonly actions: OutageActions) {}

  stalled(rooms: readonly Room[]): void {
    for (const room of rooms) {
      if (this.stalledRooms.has(room)) continue;
      this.stalledRooms.add(room);
      this.actions.tell(room, 'stalled');
    }
  }

  /** The log has answered a write of this room; those that wait for nothing are told with it. */
  over(room: Room): void {
    this.failingSince.delete(room);
    if (this.stalledRooms.size === 0) return;
    this.pause = PAUSE_MS.first;
    for (const stalled of this.stalledRooms) {
      // Of one that has edits on the way nobody knows yet: somebody else may hold just its document.
      if (stalled !== room && !stalled.overlay.isEmpty) continue;
      this.stalledRooms.delete(stalled);
      this.actions.tell(stalled, 'ok');
    }
  }

  /** Holds the room until it has been read anew and may be tried again, or its edits were given back. */
  hold(room: Room): void {
    room.overlay.isHeld = true;
    const since = this.failingSince.get(room) ?? performance.now();
    this.failingSince.set(room, since);
    this.waiting.set(room, since);
    if (this.isStopped) this.giveUp(room);
    else if (!this.isAsking) {
      this.isAsking = true;
      void this.ask();
    }
  }

  /** What waits is given back now, and what comes later at once. */
  stop(): void {
    this.isStopped = true;
    for (const room of this.waiting.keys()) this.giveUp(room);
  }

  private async ask(): Promise<void> {
    while (this.waiting.size > 0) {
      await delay(this.pause);
      this.pause = Math.min(this.pause * 2, PAUSE_MS.longest);
      for (const [room, since] of this.waiting) if (performance.now() - since >= GIVE_UP_AFTER_MS) this.giveUp(room);
      for (const room of [...this.waiting.keys()]) {
        // One that cannot be read: the others could not be either.
        if (!(await this.actions.reconcile(room))) break;
        this.release(room);
      }
    }
    this.isAsking = false;
  }

  private giveUp(room: Room): void {
    this.failingSince.delete(room);
    room.giveBack('store_unavailable');
    this.release(room);
  }

  private release(room: Room): void {
    if (!this.waiting.delete(room)) return;
    if (room.overlay.isEmpty) this.failingSince.delete(room);
    room.overlay.isHeld = false;
    room.answerEchoes();
    this.actions.reschedule(room);
  }
}
