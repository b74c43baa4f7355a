import type { Logger } from 'pino';
import type { Room } from '../../core/document/room/room.js';
import type { DocumentHead, UpdateLog } from '../../core/document/update-log.js';

/** Bounds how old a node's view can be when nobody rings, in milliseconds. */
const EVERY_MS = 1000;
/** A look that is older than this means that the process was stopped, or the database away: nothing is served from it. */
const STALE_MS = 2500;

/** What is to be done about where the log says that a room's document stands; undefined: the document is gone. */
export type OnHead = (room: Room, head: DocumentHead | undefined) => Promise<void>;

/** Looks every second where the open documents stand in the log: what no bus has told is found out all the same (D5, D8). */
export class HeadWatch {
  private timer: NodeJS.Timeout | undefined;
  private looking: Promise<void> | undefined;
  private lookedAt = performance.now();

  constructor(
    private readonly rooms: Iterable<Room>,
    private readonly log: UpdateLog,
    private readonly onHead: OnHead,
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
  }

  /** A node that was stopped for a while has rooms of the past. */
  get isStale(): boolean {
    return this.timer !== undefined && performance.now() - this.lookedAt > STALE_MS;
  }

  /** Brings every open room to the head of the log. Rejects with StoreUnavailable. */
  look(): Promise<void> {
    this.looking ??= this.lookNow().finally(() => {
      this.looking = undefined;
    });
    return this.looking;
  }

  private async lookNow(): Promise<void> {
    const began = performance.now();
    const rooms = [...this.rooms];
    const heads = await this.log.heads(rooms.map(({ documentId }) => documentId));
    await Promise.all(
      rooms.map((room) =>
        this.onHead(room, heads.get(room.documentId)).catch((error: unknown) => {
          this.logger.warn({ err: error, documentId: room.documentId }, 'a room could not be brought to its head');
        }),
      ),
    );
    this.lookedAt = began;
  }
}
