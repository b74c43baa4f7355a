import { TO_CLIENT, TO_SERVER, uuidToBytes } from '@tandem/protocol';
import type { Ledger, Room } from '../ledger.ts';
import { BINARY, RawSocket } from '../wire/raw-socket.ts';
import { cursor, readVarUint, writeVarUint } from '../wire/var-uint.ts';
import { begins, SocketIoPeer } from './socket-io-peer.ts';

const OK = Buffer.from('[{"ok":true');
const BEFORE_ID = Buffer.from('451-');
const OPEN_ID = 0;
const UUID_BYTES = 16;
/** Bytes before an update in a packed message, at most. */
const MOST_HEAD = 40;
/** As many as the SDK puts into one frame. */
const MAX_MESSAGES = 128;

export interface TandemSeat {
  readonly port: number;
  readonly token: string;
  readonly documentId: string;
  /** Announces a decoder for packed frames, and sends them when the server says so. */
  readonly packed: boolean;
}

/** Tandem: an update is an event with an ack, which comes after the commit. */
export class TandemPeer extends SocketIoPeer {
  readonly ackedBy = 'ack';
  protected readonly updatePrefix = Buffer.from('451-["document:update",');
  readonly #seat: TandemSeat;
  readonly #afterId: Buffer;
  readonly #uuid: Uint8Array;
  #isPacked = false;
  #packed = Buffer.alloc(256);
  #packedLength = 0;
  #packedMessages = 0;
  #opened: ((reason?: Error) => void) | undefined;
  #nextId = OPEN_ID + 1;
  #ackedId = OPEN_ID;

  constructor(seat: TandemSeat, room: Room, place: number, ledger: Ledger) {
    super(room, place, ledger);
    this.#seat = seat;
    this.#uuid = uuidToBytes(seat.documentId);
    const body = { documentId: seat.documentId, update: { _placeholder: true, num: 0 } };
    this.#afterId = Buffer.from(`["document:update",${JSON.stringify(body)}]`);
  }

  async open(): Promise<void> {
    const { port, token, documentId, packed } = this.#seat;
    await this.connectTo(port, { token, protocol: 1, ...(packed ? { packed: 1 } : {}) });
    const opened = new Promise<void>((resolve, reject) => {
      this.#opened = (reason) => (reason ? reject(reason) : resolve());
    });
    const request = { documentId, clientId: this.room.firstClient + this.place };
    this.socket.text(`42${OPEN_ID}${JSON.stringify(['document:open', request])}`);
    RawSocket.flush();
    await opened;
    if (packed && !this.#isPacked) throw new Error('this server knows no packed frames');
  }

  write(update: Uint8Array, length: number): void {
    const id = this.#nextId++;
    if (this.#isPacked) this.#writePacked(id, update, length);
    else this.event(BEFORE_ID, id, this.#afterId, update, length);
  }

  /** As the SDK does: what is typed in one task goes out as one frame. */
  #writePacked(id: number, update: Uint8Array, length: number): void {
    if (this.#packedMessages === MAX_MESSAGES) this.#sendPacked();
    if (this.#packedMessages++ === 0) RawSocket.atFlush(this.#sendPacked);
    this.#reserve(length + MOST_HEAD);
    const packed = this.#packed;
    let at = this.#packedLength;
    packed[at++] = TO_SERVER.update;
    at = writeVarUint(packed, at, id);
    packed.set(this.#uuid, at);
    at = writeVarUint(packed, at + UUID_BYTES, length);
    packed.set(update.subarray(0, length), at);
    this.#packedLength = at + length;
  }

  readonly #sendPacked = (): void => {
    if (this.#packedMessages === 0) return;
    this.socket.begin(BINARY, this.#packedLength);
    this.socket.put(this.#packed, this.#packedLength);
    this.#packedLength = 0;
    this.#packedMessages = 0;
  };

  #reserve(length: number): void {
    if (this.#packedLength + length <= this.#packed.length) return;
    const larger = Buffer.alloc(2 * (this.#packedLength + length));
    larger.set(this.#packed);
    this.#packed = larger;
  }

  protected override onEvent(text: string): void {
    if (text.startsWith('["server:hello"')) this.#isPacked = JSON.parse(text)[1].packed === 1;
    else if (text.startsWith('["server:error"') || text.startsWith('["session:closed"')) this.ledger.fail(text);
  }

  protected onUpdate(bytes: Buffer, start: number, end: number): void {
    this.ledger.arrived(this, bytes, start, end);
  }

  protected onAck(id: number, bytes: Buffer, at: number, end: number): void {
    if (begins(bytes, at, end, OK)) this.#stored(id);
    else this.#refused(id, bytes.toString('utf8', at, end));
  }

  protected onPacket(type: 'event' | 'ack', text: string, attachments: Buffer[]): void {
    if (type === 'ack') {
      this.#opened?.();
    } else if (text.startsWith('["document:update"') || text.startsWith('["document:resync"')) {
      if (text.startsWith('["document:resync"')) this.ledger.resyncs++;
      const [, { update }] = JSON.parse(text) as [string, { update: { num: number } }];
      const bytes = attachments[update.num]!;
      this.ledger.arrived(this, bytes, 0, bytes.length);
    }
  }

  /** A packed frame: `protocol/src/wire/packed.ts`. */
  protected override onLoneBinary(bytes: Buffer, start: number, end: number): void {
    cursor.at = start;
    while (cursor.at < end) {
      const type = readVarUint(bytes);
      if (type === TO_CLIENT.saved) {
        for (let left = readVarUint(bytes); left > 0; left--) {
          const id = readVarUint(bytes);
          readVarUint(bytes);
          this.#stored(id);
        }
        continue;
      }
      cursor.at += UUID_BYTES;
      if (type === TO_CLIENT.update) for (let skipped = 0; skipped < 3; skipped++) readVarUint(bytes);
      const length = readVarUint(bytes);
      const from = cursor.at;
      // Decoding moves the cursor.
      if (type === TO_CLIENT.update) this.ledger.arrived(this, bytes, from, from + length);
      cursor.at = from + length;
    }
  }

  #refused(id: number, answer: string): void {
    if (id === OPEN_ID) this.#opened?.(new Error(answer));
    this.ledger.fail(`refused: ${answer}`);
  }

  #stored(id: number): void {
    if (id !== ++this.#ackedId) this.ledger.fail(`ack ${id} came instead of ${this.#ackedId}`);
    this.tookAck();
  }
}
