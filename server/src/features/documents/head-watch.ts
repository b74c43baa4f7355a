import type { Logger } from 'pino';
import type { Room } from '../../core/document/room/room.js';
import type { DocumentHead, UpdateLog } from '../../core/document/update-log.js';

/** Bounds how old a node's view can be when nobody rings, in milliseconds. */
const EVERY_MS = 1000;
/** A look that is older than this means that the process was stopped, or the database away: nothing is served from it. */
const STALE_MS = 2500;

/** Where the log says that a room's document stands. */
export interface Look {
  /** Undefined: the document is gone. */
  readonly head: DocumentHead | undefined;
  /** Where the room stood when the log was asked. */
  readonly seq: number;
  /** After a pause of the process somebody may be let in by what is done: it must not be left to a commit that is under way. */
  readonly isStale: boolean;
}

/** What is to be done about it. */
export type OnLook = (room: Room, look: Look) => Promise<void>;

/** Looks every second where the open documents stand in the log: what no bus has told is found out all the same (D5, D8). */
export class HeadWatch {
  private timer: NodeJS.Timeout | undefined;
  private looking: Promise<void> | undefined;
  private lookedAt = performance.now();
  /** What is being done about rooms; a room that takes long keeps no other waiting (D7). */
  private readonly underWay = new Map<Room, Promise<void>>();
  /** Of rooms of before a pause of the process, until that has succeeded. */
  private readonly comingBack = new WeakMap<Room, Promise<void>>();

  constructor(
    private readonly rooms: Iterable<Room>,
    private readonly log: UpdateLog,
    private readonly onLook: OnLook,
    private readonly logger: Logger,
  ) {}

  start(): void {
    this.lookedAt = performance.now();
    this.timer = setInterval(() => void this.look().catch(() => undefined), EVERY_MS);
    this.timer.unref();
  }

  async stop(): Promise<void> {
    clearInterval(this.timer);
    await this.looking?.catch(() => undefined);
    await Promise.all(this.underWay.values());
  }

  /** A node that was stopped for a while has rooms of the past. */
  get isStale(): boolean {
    return this.timer !== undefined && performance.now() - this.lookedAt > STALE_MS;
  }

  /** Asks where every open room's document stands, and begins to bring them there. Rejects with StoreUnavailable. */
  look(): Promise<void> {
    this.looking ??= this.lookNow().finally(() => {
      this.looking = undefined;
    });
    return this.looking;
  }

  /** As `look`; what is under way may have asked too early. */
  async lookAnew(): Promise<void> {
    await this.looking?.catch(() => undefined);
    await this.look();
  }

  /** Resolves when the room is not one of the past. Rejects with what kept it from being brought to the head of the log. */
  async whenBack(room: Room): Promise<void> {
    await this.comingBack.get(room);
  }

  private async lookNow(): Promise<void> {
    const began = performance.now();
    const wasStale = this.isStale;
    const rooms = [...this.rooms].map((room) => ({ room, seq: room.state.seq }));
    const heads = await this.log.heads(rooms.map(({ room }) => room.documentId));
    const isStale = wasStale || this.isStale;
    this.lookedAt = began;
    for (const { room, seq } of rooms) this.bring(room, { head: heads.get(room.documentId), seq, isStale });
  }

  private bring(room: Room, look: Look): void {
    const isStale = look.isStale || this.comingBack.has(room);
    const before = this.underWay.get(room);
    // It looks itself when it comes to it.
    if (before && !look.isStale) return;
    const done = (before ?? Promise.resolve()).then(() => this.onLook(room, { ...look, isStale }));
    if (isStale) this.comingBack.set(room, done);
    const ended = done.then(
      () => {
        if (this.comingBack.get(room) === done) this.comingBack.delete(room);
      },
      (error: unknown) => {
        this.logger.warn({ err: error, documentId: room.documentId }, 'a room could not be brought to its head');
      },
    );
    const settled = ended.finally(() => {
      if (this.underWay.get(room) === settled) this.underWay.delete(room);
    });
    this.underWay.set(room, settled);
  }
}
