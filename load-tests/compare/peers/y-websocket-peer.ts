import type { Ledger, Room } from '../ledger.ts';
import { BINARY, RawSocket } from '../wire/raw-socket.ts';
import { cursor, readVarUint, writeVarUint } from '../wire/var-uint.ts';
import { Peer } from './peer.ts';

const SYNC = 0;
const STEP_1 = 0;
const STEP_2 = 1;
const UPDATE = 2;

/** y-websocket: the path names the document. There is no acknowledgement, but everybody gets everything, the author too. */
export class YWebsocketPeer extends Peer {
  readonly ackedBy = 'echo';
  readonly #port: number;
  #opened: (() => void) | undefined;

  constructor(port: number, room: Room, place: number, ledger: Ledger) {
    super(room, place, ledger);
    this.#port = port;
  }

  async open(): Promise<void> {
    const synced = new Promise<void>((resolve) => {
      this.#opened = resolve;
    });
    await this.connect(this.#port, `/${this.room.name}`, (_, bytes, start) => this.#take(bytes, start));
    this.socket.binary(Buffer.from([SYNC, STEP_1, 1, 0]));
    RawSocket.flush();
    await synced;
  }

  write(update: Uint8Array, length: number): void {
    head[0] = SYNC;
    head[1] = UPDATE;
    const size = writeVarUint(head, 2, length);
    this.socket.begin(BINARY, size + length);
    this.socket.put(head, size);
    this.socket.put(update, length);
  }

  #take(bytes: Buffer, start: number): void {
    if (bytes[start] !== SYNC || bytes[start + 1] === STEP_1) return;
    if (bytes[start + 1] === STEP_2) this.#opened?.();
    cursor.at = start + 2;
    const length = readVarUint(bytes);
    this.ledger.arrived(this, bytes, cursor.at, cursor.at + length);
  }
}

const head = Buffer.alloc(12);
