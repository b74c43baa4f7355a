import type { Ledger, Room } from '../ledger.ts';
import { BINARY, RawSocket } from '../wire/raw-socket.ts';
import { cursor, readVarUint, varUint, writeVarUint } from '../wire/var-uint.ts';
import { Peer } from './peer.ts';

const SYNC = 0;
const AUTH = 2;
const SYNC_STATUS = 8;
const STEP_1 = 0;
const STEP_2 = 1;
const UPDATE = 2;
const EMPTY_STATE_VECTOR = [1, 0];

/** Hocuspocus 4: each frame is the document's name, a type and a body; each update is answered by a sync status. */
export class HocuspocusPeer extends Peer {
  readonly ackedBy = 'ack';
  readonly #port: number;
  readonly #address: Uint8Array;
  readonly #head: Uint8Array;
  #opened: (() => void) | undefined;

  constructor(port: number, room: Room, place: number, ledger: Ledger) {
    super(room, place, ledger);
    this.#port = port;
    const name = Buffer.from(room.name);
    this.#address = Buffer.concat([varUint(name.length), name]);
    this.#head = Buffer.concat([this.#address, Buffer.from([SYNC, UPDATE])]);
  }

  async open(): Promise<void> {
    const synced = new Promise<void>((resolve) => {
      this.#opened = resolve;
    });
    await this.connect(this.#port, '/', (_, bytes, start, end) => this.#take(bytes, start, end));
    const token = Buffer.from('none');
    this.socket.binary(Buffer.concat([this.#address, Buffer.from([AUTH, 0, token.length]), token]));
    this.socket.binary(Buffer.concat([this.#address, Buffer.from([SYNC, STEP_1, ...EMPTY_STATE_VECTOR])]));
    RawSocket.flush();
    await synced;
  }

  write(update: Uint8Array, length: number): void {
    const size = varUintOf(length);
    this.socket.begin(BINARY, this.#head.length + size + length);
    this.socket.put(this.#head);
    this.socket.put(scratch, size);
    this.socket.put(update, length);
  }

  #take(bytes: Buffer, start: number, end: number): void {
    if (end - start <= 1) return;
    const type = start + this.#address.length;
    if (bytes[type] === SYNC_STATUS) {
      if (bytes[type + 1] === 1) this.tookAck();
      else this.ledger.fail('Hocuspocus refused an update');
    } else if (bytes[type] === SYNC && (bytes[type + 1] === UPDATE || bytes[type + 1] === STEP_2)) {
      cursor.at = type + 2;
      const length = readVarUint(bytes);
      if (bytes[type + 1] === STEP_2) this.#opened?.();
      this.ledger.arrived(this, bytes, cursor.at, cursor.at + length);
    } else if (bytes[type] === AUTH && bytes[type + 1] === 1) {
      this.ledger.fail('Hocuspocus denied an open');
    }
  }
}

const scratch = Buffer.alloc(10);
const varUintOf = (value: number): number => writeVarUint(scratch, 0, value);
