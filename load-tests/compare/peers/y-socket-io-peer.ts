import type { Ledger, Room } from '../ledger.ts';
import { BINARY, RawSocket } from '../wire/raw-socket.ts';
import { SocketIoPeer } from './socket-io-peer.ts';

const EMPTY_UPDATE = Buffer.from([0, 0]);

/** y-socket.io: a namespace for each document. No acknowledgement; everybody gets everything, the author too. */
export class YSocketIoPeer extends SocketIoPeer {
  readonly ackedBy = 'echo';
  protected override readonly namespace: string;
  protected readonly updatePrefix: Buffer;
  readonly #port: number;
  readonly #event: Buffer;
  #opened: (() => void) | undefined;

  constructor(port: number, room: Room, place: number, ledger: Ledger) {
    super(room, place, ledger);
    this.#port = port;
    this.namespace = `/yjs|${room.name}`;
    this.updatePrefix = Buffer.from(`451-${this.prefix}["sync-update",`);
    this.#event = Buffer.from(`451-${this.prefix}["sync-update",{"_placeholder":true,"num":0}]`);
  }

  async open(): Promise<void> {
    // Its listeners are attached when its own first step arrives, which may be before the connection is confirmed.
    const opened = new Promise<void>((resolve) => {
      this.#opened = resolve;
    });
    await this.connectTo(this.#port, {});
    await opened;
  }

  write(update: Uint8Array, length: number): void {
    this.event(this.#event, undefined, NOTHING, update, length);
  }

  protected onUpdate(bytes: Buffer, start: number, end: number): void {
    this.ledger.arrived(this, bytes, start, end);
  }

  protected onAck(): void {}

  protected onPacket(_type: 'event' | 'ack', text: string): void {
    const id = /^(\d+)\["sync-step-1"/.exec(text)?.[1];
    if (id === undefined) return;
    this.socket.text(`461-${this.prefix}${id}[{"_placeholder":true,"num":0}]`);
    this.socket.begin(BINARY, EMPTY_UPDATE.length);
    this.socket.put(EMPTY_UPDATE);
    RawSocket.flush();
    this.#opened?.();
  }
}

const NOTHING = Buffer.alloc(0);
