import { BINARY, RawSocket, TEXT } from '../wire/raw-socket.ts';
import { Peer } from './peer.ts';

const PING = 0x32;
const MESSAGE = 0x34;
const CONNECT = 0x30;
const EVENT = 0x32;
const ACK = 0x33;
const BINARY_EVENT = 0x35;
const BINARY_ACK = 0x36;
const CONNECT_ERROR = 0x34;

/** A packet whose attachments are still to come. */
interface Announced {
  readonly text: string;
  readonly attachments: Buffer[];
  missing: number;
}

/** Socket.IO 4 over one websocket, as far as the servers that speak it here need it. */
export abstract class SocketIoPeer extends Peer {
  /** With a leading slash; `/` is the main one. */
  protected readonly namespace: string = '/';
  /** How a packet with one update begins: known by its bytes, nothing of it is parsed. */
  protected abstract readonly updatePrefix: Buffer;
  #updateIsNext = false;
  #announced: Announced | undefined;
  #connected: ((reason?: Error) => void) | undefined;

  protected async connectTo(port: number, auth: object): Promise<void> {
    const connected = new Promise<void>((resolve, reject) => {
      this.#connected = (reason) => (reason ? reject(reason) : resolve());
    });
    await this.connect(port, '/socket.io/?EIO=4&transport=websocket', (opcode, bytes, start, end) =>
      opcode === TEXT ? this.#text(bytes, start, end) : this.#binary(bytes, start, end),
    );
    this.socket.text(`40${this.prefix}${JSON.stringify(auth)}`);
    RawSocket.flush();
    await connected;
  }

  /** What stands before the body of a packet of another namespace than the main one. */
  protected get prefix(): string {
    return this.namespace === '/' ? '' : `${this.namespace},`;
  }

  /** One update, in the buffer from `start` to `end`. */
  protected abstract onUpdate(bytes: Buffer, start: number, end: number): void;

  /** The answer to a request with this id; `at` is where its JSON begins. */
  protected abstract onAck(id: number, bytes: Buffer, at: number, end: number): void;

  /** Any other packet with attachments, whole: its text from the namespace on. */
  protected abstract onPacket(type: 'event' | 'ack', text: string, attachments: Buffer[]): void;

  /** An event without attachments: its JSON. */
  protected onEvent(_text: string): void {}

  /** A binary frame that no text announced. */
  protected onLoneBinary(_bytes: Buffer, _start: number, _end: number): void {
    this.ledger.fail('a binary frame that nothing announced');
  }

  #text(bytes: Buffer, start: number, end: number): void {
    if (bytes[start] === PING) this.socket.text('3');
    if (bytes[start] !== MESSAGE) return;
    const type = bytes[start + 1];
    if (type === ACK) this.#ack(bytes, start + 2, end);
    else if (type === BINARY_EVENT || type === BINARY_ACK) this.#announce(bytes, start, end);
    else if (type === EVENT) this.onEvent(bytes.toString('utf8', start + 2 + this.prefix.length, end));
    else if (type === CONNECT) this.#connected?.();
    else if (type === CONNECT_ERROR) this.#connected?.(new Error(bytes.toString('utf8', start + 2, end)));
  }

  #ack(bytes: Buffer, from: number, end: number): void {
    let at = from + this.prefix.length;
    let id = 0;
    while (bytes[at]! >= 0x30 && bytes[at]! <= 0x39) id = id * 10 + bytes[at++]! - 0x30;
    this.onAck(id, bytes, at, end);
  }

  #announce(bytes: Buffer, start: number, end: number): void {
    if (begins(bytes, start, end, this.updatePrefix)) {
      this.#updateIsNext = true;
      return;
    }
    const text = bytes.toString('utf8', start, end);
    this.#announced = { text, attachments: [], missing: Number.parseInt(text.slice(2), 10) };
  }

  #binary(bytes: Buffer, start: number, end: number): void {
    if (this.#updateIsNext) {
      this.#updateIsNext = false;
      this.onUpdate(bytes, start, end);
    } else if (this.#announced) {
      this.#attach(this.#announced, Buffer.from(bytes.subarray(start, end)));
    } else {
      this.onLoneBinary(bytes, start, end);
    }
  }

  #attach(announced: Announced, attachment: Buffer): void {
    announced.attachments.push(attachment);
    if (--announced.missing > 0) return;
    this.#announced = undefined;
    const { text, attachments } = announced;
    const type = text.charCodeAt(1) === BINARY_EVENT ? 'event' : 'ack';
    this.onPacket(type, text.slice(text.indexOf('-') + 1 + this.prefix.length), attachments);
  }

  /** An event with one attachment: `before` and `after` the id of the request are the texts around it. */
  protected event(before: Buffer, id: number | undefined, after: Buffer, bytes: Uint8Array, length: number): void {
    const digits = id === undefined ? NOTHING : Buffer.from(String(id), 'latin1');
    this.socket.begin(TEXT, before.length + digits.length + after.length);
    this.socket.put(before);
    this.socket.put(digits);
    this.socket.put(after);
    this.socket.begin(BINARY, length);
    this.socket.put(bytes, length);
  }
}

const NOTHING = Buffer.alloc(0);

export function begins(bytes: Buffer, start: number, end: number, prefix: Buffer): boolean {
  const { length } = prefix;
  return end - start >= length && bytes.compare(prefix, 0, length, start, start + length) === 0;
}
