import { TO_CLIENT, TO_SERVER, uuidToBytes } from '@tandem/protocol';
import type { Ledger, Room } from '../ledger.ts';
import { stateVectorOf } from '../wire/keystrokes.ts';
import { BINARY, RawSocket } from '../wire/raw-socket.ts';
import { cursor, readVarUint, writeVarUint } from '../wire/var-uint.ts';
import { begins, SocketIoPeer } from './socket-io-peer.ts';

const OK = Buffer.from('[{"ok":true');
const BEFORE_ID = Buffer.from('451-');
const UUID_BYTES = 16;
/** Bytes before an update in a packed message, at most. */
const MOST_HEAD = 40;
/** As many as the SDK puts into one frame. */
const MAX_MESSAGES = 128;
/** DOC-47. */
const REOPEN_WITHIN_MS = 1000;

export interface TandemSeat {
  readonly port: number;
  readonly token: string;
  readonly documentId: string;
  /** Announces a decoder for packed frames, and sends them when the server says so. */
  readonly packed: boolean;
}

interface Refusal {
  readonly code: string;
  readonly retry: string;
  readonly retryAfterMs?: number;
}

type Answer =
  | { readonly ok: true; readonly update?: { readonly num: number }; readonly pieces?: number }
  | { readonly ok: false; readonly error: Refusal };

/**
 * Tandem: an update is an event with an ack, which comes after the commit. When the server closes the document for it to be
 * opened again (DOC-46), what has no ack is sent again. Its acks count under the new ids alone, so nothing counts twice.
 */
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
  #nextId = 0;
  /** Of the last open; what has a smaller id was sent before it. */
  #openId = 0;
  #ackedId = 0;
  #isOpen = false;
  #hasSentAgain = false;
  #again: NodeJS.Timeout | undefined;
  #pieces: Buffer[] = [];
  #missingPieces = 0;

  constructor(seat: TandemSeat, room: Room, place: number, ledger: Ledger) {
    super(room, place, ledger);
    this.#seat = seat;
    this.#uuid = uuidToBytes(seat.documentId);
    const body = { documentId: seat.documentId, update: { _placeholder: true, num: 0 } };
    this.#afterId = Buffer.from(`["document:update",${JSON.stringify(body)}]`);
  }

  async open(): Promise<void> {
    const { port, token, packed } = this.#seat;
    await this.connectTo(port, { token, protocol: 1, ...(packed ? { packed: 1 } : {}) });
    const opened = new Promise<void>((resolve, reject) => {
      this.#opened = (reason) => (reason ? reject(reason) : resolve());
    });
    this.#requestOpen();
    RawSocket.flush();
    await opened;
    if (packed && !this.#isPacked) throw new Error('this server knows no packed frames');
  }

  override close(): void {
    clearTimeout(this.#again);
    super.close();
  }

  /** What is typed while the document is closed goes out when it is open again. */
  write(update: Uint8Array, length: number): void {
    if (!this.#isOpen) return;
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
    else if (text.startsWith('["document:status"')) this.#status(JSON.parse(text)[1]);
    else if (text.startsWith('["server:error"') || text.startsWith('["session:closed"')) this.ledger.fail(text);
  }

  protected onUpdate(bytes: Buffer, start: number, end: number): void {
    this.ledger.arrived(this, bytes, start, end);
  }

  protected onAck(id: number, bytes: Buffer, at: number, end: number): void {
    if (begins(bytes, at, end, OK)) this.#stored(id);
    else this.#answered(id, JSON.parse(bytes.toString('utf8', at, end))[0], []);
  }

  protected onPacket(type: 'event' | 'ack', text: string, attachments: Buffer[]): void {
    const bodyAt = text.indexOf('[');
    if (type === 'ack') {
      this.#answered(Number(text.slice(0, bodyAt)), JSON.parse(text.slice(bodyAt))[0], attachments);
    } else if (text.startsWith('["document:piece"')) {
      this.#tookPiece(attachments[0]!);
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

  /** An open, or what was refused. */
  #answered(id: number, answer: Answer, attachments: Buffer[]): void {
    if (!answer.ok) {
      this.#refused(id, answer.error);
    } else if (id === this.#openId) {
      this.#missingPieces = answer.pieces ?? 1;
      if (answer.update) this.#tookPiece(attachments[answer.update.num]!);
    }
  }

  #refused(id: number, error: Refusal): void {
    if (id === this.#openId && error.retry === 'later' && !this.#opened) {
      this.#openAgain(error.retryAfterMs ?? REOPEN_WITHIN_MS);
    } else if (id === this.#openId) {
      this.#opened?.(new Error(error.code));
      this.ledger.fail(`an open was refused: ${error.code}`);
    } else if (this.#isOpen && id > this.#openId) {
      // It comes before the word that the document is closed.
      if (error.code === 'store_unavailable') this.#closed();
      else this.ledger.fail(`refused: ${JSON.stringify(error)}`);
    }
  }

  #stored(id: number): void {
    if (id < this.#openId) return;
    // The answer to what was sent again may wait for the commit of the first: then it comes behind later ones.
    if (id !== ++this.#ackedId && !this.#hasSentAgain) this.ledger.fail(`ack ${id} came instead of ${this.#ackedId}`);
    this.tookAck();
  }

  #status({ state, reopen }: { state: string; reopen?: true }): void {
    if (state !== 'closed') return;
    if (reopen) this.#closed();
    else this.ledger.fail('the server closed the document');
  }

  #closed(): void {
    this.#isOpen = false;
    this.#openAgain(Math.random() * REOPEN_WITHIN_MS);
  }

  #openAgain(afterMs: number): void {
    clearTimeout(this.#again);
    this.#again = setTimeout(() => {
      this.#requestOpen();
      RawSocket.flush();
    }, afterMs);
  }

  #requestOpen(): void {
    const { room, place, known } = this;
    const id = this.#nextId++;
    this.#openId = id;
    this.#ackedId = id;
    this.#pieces = [];
    this.#missingPieces = 0;
    const clocks = new Map([...known].map((clock, of) => [room.firstClient + of, clock]));
    clocks.set(room.firstClient + place, this.typed);
    clocks.set(room.seedClient, this.isSeeded ? room.writers + 1 : 0);
    const vector = stateVectorOf(clocks);
    const stateVector = { _placeholder: true, num: 0 };
    const request = { documentId: room.name, clientId: room.firstClient + place, stateVector };
    this.event(BEFORE_ID, id, Buffer.from(JSON.stringify(['document:open', request])), vector, vector.length);
  }

  #tookPiece(bytes: Buffer): void {
    // Of an open that was given up.
    if (this.#missingPieces === 0) return;
    this.#pieces.push(bytes);
    if (--this.#missingPieces > 0) return;
    const update = Buffer.concat(this.#pieces);
    this.#pieces = [];
    this.ledger.arrived(this, update, 0, update.length);
    this.#isOpen = true;
    this.#hasSentAgain ||= this.acked < this.typed;
    for (let clock = this.acked; clock < this.typed; clock++) this.writeKey(clock);
    if (!this.#opened) this.ledger.resyncs++;
    this.#opened?.();
    this.#opened = undefined;
  }
}
