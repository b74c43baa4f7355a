import type { Logger } from 'pino';
import type { Nodes } from '../../core/cluster/nodes.js';
import type { Room } from '../../core/document/room/room.js';
import type { CursorNews, CursorsWanted, RoomBus } from '../../core/document/room-bus.js';
import type { RoomBroadcast } from './room-broadcast.js';
import type { RoomDirectory } from './room-directory.js';

const BEAT_MS = 1000;

/** Cursors of editors on other nodes: they come and go by the bus, and end with the lease of their node. */
export class CursorExchange {
  private timer: NodeJS.Timeout | undefined;
  private beating: Promise<void> | undefined;
  private readonly askedOnce = new Set<string>();

  constructor(
    private readonly node: string,
    private readonly nodes: Nodes,
    private readonly bus: RoomBus,
    private readonly rooms: RoomDirectory,
    private readonly broadcast: RoomBroadcast,
    private readonly logger: Logger,
  ) {}

  start(): void {
    const beat = () => {
      this.beating ??= this.beat().finally(() => {
        this.beating = undefined;
      });
    };
    this.timer = setInterval(beat, BEAT_MS);
    this.timer.unref();
    beat();
  }

  async stop(): Promise<void> {
    clearInterval(this.timer);
    await this.beating;
    // The others see at once that nobody is here any more.
    await this.nodes.leave(this.node).catch(() => undefined);
  }

  /** Tells the other nodes where the editors of this one are. */
  moved(room: Room, update: Uint8Array): void {
    this.bus.publish({ type: 'cursors', documentId: room.documentId, node: this.node, update });
  }

  /** The document was opened here: who is in it elsewhere? */
  ask(documentId: string): void {
    // Once more with the next beat: the first question, or its answers, may be lost while the bus begins to listen.
    this.askedOnce.add(documentId);
    this.askNow(documentId);
  }

  private askNow(documentId: string): void {
    this.bus.publish({ type: 'cursors-wanted', documentId, node: this.node });
  }

  receive(news: CursorNews | CursorsWanted): void {
    const room = this.rooms.get(news.documentId);
    if (!room || news.node === this.node) return;
    if (news.type === 'cursors-wanted') {
      const own = room.awareness.encodeOwn();
      if (own) this.moved(room, own);
    } else this.broadcast.remoteCursors(room, room.awareness.applyRemote(news.node, news.update, performance.now()));
  }

  private async beat(): Promise<void> {
    for (const documentId of this.askedOnce) if (this.rooms.get(documentId)) this.askNow(documentId);
    this.askedOnce.clear();
    try {
      const alive = await this.nodes.beat(this.node);
      for (const room of this.rooms) {
        for (const node of room.awareness.remoteNodes) {
          if (!alive.has(node)) this.broadcast.remoteCursors(room, room.awareness.removeNode(node));
        }
      }
    } catch (error) {
      // Who is alive is not known: everybody stays where they are, until y-protocols' own time-out.
      this.logger.debug({ err: error }, 'the lease of this node could not be renewed');
    }
  }
}
