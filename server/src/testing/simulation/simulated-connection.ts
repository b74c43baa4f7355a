import type { EventOf, ServerEvent } from '@tandem/protocol';
import { identityOf } from '../../core/access/identity.js';
import type { Frame, Identity, RoomPeer } from '../../core/document/room/room-session.js';
import type { Connection } from '../../platform/sockets/connection.js';
import { type EventFrame, EventFrames, sizeOf } from './event-frame.js';
import type { SimulatedLink } from './simulated-link.js';

/** What features use of an editor's socket; the real one needs Socket.IO. */
type UsedByFeatures = Pick<Connection, 'identity' | 'userId' | 'hasRoom' | 'onDrain' | 'emit'> & {
  readonly socket: { readonly connected: boolean };
  readonly peer: Pick<Connection['peer'], 'write' | 'restrainEdits'>;
};

/** What leaves a connection: the client hears `deliver`. */
export interface Leaving {
  readonly event: ServerEvent | 'answer';
  readonly body: unknown;
  deliver(): void;
}

/** The server's end of a link. */
export class SimulatedConnection implements UsedByFeatures, RoomPeer {
  readonly identity: Identity;
  readonly socket = { connected: true };
  private readonly drainListeners = new Set<() => void>();
  private turn: Promise<void> = Promise.resolve();
  private waiters: (() => void)[] = [];

  constructor(
    readonly userId: string,
    readonly name: string,
    readonly link: SimulatedLink,
    private readonly options: {
      /** Bytes that may wait for its reader. */
      readonly maxBacklog: number;
      /** Told of each event when it is written. */
      wrote(event: ServerEvent, body: unknown): void;
      atClient(event: ServerEvent, body: unknown): void;
    },
  ) {
    this.identity = identityOf(userId, `user ${userId.slice(-2)}`);
  }

  get peer(): SimulatedConnection {
    return this;
  }

  private get isFull(): boolean {
    return this.link.toClient.backlog > this.options.maxBacklog;
  }

  emit<E extends ServerEvent>(event: E, body: EventOf<E>): void {
    this.write(new EventFrames().encode(event, body), 'certain');
  }

  /** Leaves frames out for a reader with too much waiting, as `SocketPeer` does. */
  write(frame: Frame, delivery: 'droppable' | 'certain' = 'droppable'): boolean {
    if (!this.socket.connected) return false;
    // A frame that a feature has made for the wire by itself holds its body too.
    const { event, body } = frame as EventFrame;
    const { backlog } = this.link.toClient;
    const bytes = sizeOf(body);
    // Pieces of a large document go on when those before them were taken.
    if (event === 'document:piece') this.link.toClient.isDrainWanted = true;
    if (delivery === 'droppable' && backlog > 0 && backlog + bytes > this.options.maxBacklog) return false;
    this.options.wrote(event, body);
    this.link.toClient.send({ bytes, kind: event, deliver: () => this.options.atClient(event, body) });
    return true;
  }

  /** While too many edits wait for their commit, their sender is not read. */
  restrainEdits(isTooMuch: boolean): void {
    if (isTooMuch) this.link.toServer.hold();
    else this.link.toServer.release();
  }

  /** As the real one: one after the other, each in a turn of its own. */
  hasRoom(): Promise<void> {
    this.turn = this.turn
      .then(() => new Promise<void>((resolve) => void setImmediate(resolve)))
      .then(async () => {
        while (this.socket.connected && this.isFull) {
          await new Promise<void>((resolve) => this.waiters.push(resolve));
        }
      });
    return this.turn;
  }

  onDrain(listener: () => void): void {
    this.drainListeners.add(listener);
  }

  drained(): void {
    if (!this.socket.connected) return;
    for (const listener of [...this.drainListeners]) listener();
    this.wake();
  }

  ended(): void {
    this.socket.connected = false;
    this.wake();
  }

  private wake(): void {
    for (const resolve of this.waiters.splice(0)) resolve();
  }
}
