import type { Logger } from 'pino';
import type { Room } from '../../core/document/room/room.js';
import type { Damage } from '../../core/document/update-log.js';
import type { RoomObserver } from './room-observer.js';
import type { StoredComparison } from './stored-comparison.js';

export interface DigestActions {
  /** The room is not what the log holds: it is to be read anew. */
  differs(room: Room, error: Error): void;
  damaged(room: Room, damage: readonly Damage[]): Promise<void>;
}

/** Between two checks, in milliseconds: and so many times as long as the last one took, which bounds what they cost. */
const PAUSE_MS = 5_000;
const PAUSE_FACTOR = 20;
/** Rooms that are checked on their way out; beyond that they go unchecked. */
const MAX_UNLOADED = 8;

/**
 * Now and then, and when a room is unloaded, compares it with what the log holds: a node that missed a delete has the same
 * state vector as the others, and nothing else would ever tell (M13). One at a time, in the background.
 */
export class DigestCheck {
  /** The `seq` at which the room was last the same. */
  private readonly sameAt = new WeakMap<Room, number>();
  private readonly unloaded: Room[] = [];
  private cursor: Iterator<Room> | undefined;
  private timer: NodeJS.Timeout | undefined;
  private running: Promise<void> | undefined;

  constructor(
    private readonly rooms: Iterable<Room>,
    private readonly comparison: StoredComparison,
    private readonly actions: DigestActions,
    private readonly logger: Logger,
    private readonly observer: RoomObserver,
  ) {}

  start(): void {
    this.schedule(PAUSE_MS);
  }

  async stop(): Promise<void> {
    clearTimeout(this.timer);
    this.timer = undefined;
    await this.running;
  }

  /** The room is out of memory as soon as it was checked. */
  goes(room: Room): void {
    if (this.isDue(room) && this.unloaded.length < MAX_UNLOADED) this.unloaded.push(room);
  }

  /** Resolves to whether the room is what the log holds, as far as can be told. Rejects with StoreUnavailable, and when the thread fails. */
  async check(room: Room): Promise<boolean> {
    const { seq } = room.state;
    const verdict = await this.comparison.judge(room, 'unknown');
    if (verdict.type === 'same') this.sameAt.set(room, seq);
    if (verdict.type === 'damaged') await this.actions.damaged(room, verdict.damage);
    if (verdict.type === 'different') {
      this.observer.diverged();
      this.actions.differs(room, new Error(`the room has another document at ${seq} than the log`));
    }
    return verdict.type === 'same';
  }

  private schedule(pause: number): void {
    this.timer = setTimeout(() => {
      const began = performance.now();
      this.running = this.checkNext().then(() => {
        this.running = undefined;
        if (this.timer) this.schedule(Math.max(PAUSE_MS, (performance.now() - began) * PAUSE_FACTOR));
      });
    }, pause);
    this.timer.unref();
  }

  private async checkNext(): Promise<void> {
    const room = this.unloaded.shift() ?? this.nextRoom();
    if (!room) return;
    await this.check(room).catch((error: unknown) => {
      this.logger.warn({ err: error, documentId: room.documentId }, 'a room could not be compared with the log');
    });
  }

  /** In turn, those that have changed since. */
  private nextRoom(): Room | undefined {
    for (let round = 0; round < 2; round++) {
      this.cursor ??= this.rooms[Symbol.iterator]();
      for (let next = this.cursor.next(); !next.done; next = this.cursor.next())
        if (this.isDue(next.value)) return next.value;
      this.cursor = undefined;
    }
    return undefined;
  }

  /** One that lacks edits is another document than the log's by intent. */
  private isDue(room: Room): boolean {
    return !room.damage && room.state.seq > 0 && this.sameAt.get(room) !== room.state.seq;
  }
}
