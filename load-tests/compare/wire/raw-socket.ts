import { randomBytes } from 'node:crypto';
import { connect, type Socket } from 'node:net';
import { FrameWriter } from './frame-writer.ts';

export const TEXT = 1;
export const BINARY = 2;
const CLOSE = 8;
const PING = 9;
const PONG = 10;

/** All sockets read into it: what one leaves unread is copied away before the next one reads. */
const READ = Buffer.allocUnsafe(256 * 1024);

/** `bytes` from `start` to `end` is the payload; it is valid during the call only. */
export type OnFrame = (opcode: number, bytes: Buffer, start: number, end: number) => void;

/** The time of the read that is being handled, in the units of `performance.now()`. */
export const clock = { now: performance.now() };

/**
 * A WebSocket client (RFC 6455, no extensions) with little overhead for each frame, so that the server and not the driver is
 * the bottleneck. What is written during one turn goes out as one write at its end, or at `RawSocket.flush()`.
 */
export class RawSocket {
  static #dirty: RawSocket[] = [];
  static #gatherers: (() => void)[] = [];

  readonly #socket: Socket;
  readonly #onFrame: OnFrame;
  #onOpen: (() => void) | undefined;
  readonly #out = new FrameWriter();
  #rest = Buffer.alloc(0);
  #restLength = 0;
  #isClosing = false;
  /** Why the connection ended without being told to. */
  onLost: (reason: string) => void = () => {};

  private constructor(port: number, path: string, onFrame: OnFrame) {
    this.#onFrame = onFrame;
    const onread = { buffer: READ, callback: (length: number) => this.#read(length) };
    this.#socket = connect({ host: '127.0.0.1', port, noDelay: true, onread });
    this.#socket.on('error', (error) => this.#lost(error.message));
    this.#socket.on('close', () => this.#lost('the connection was closed'));
    const head = [
      `GET ${path} HTTP/1.1`,
      `Host: 127.0.0.1:${port}`,
      'Connection: Upgrade',
      'Upgrade: websocket',
      'Sec-WebSocket-Version: 13',
      `Sec-WebSocket-Key: ${randomBytes(16).toString('base64')}`,
    ];
    this.#socket.write(`${head.join('\r\n')}\r\n\r\n`);
  }

  /** Resolves when the upgrade is accepted. Frames may be handled before that promise is awaited. */
  static open(port: number, path: string, onFrame: OnFrame): Promise<RawSocket> {
    return new Promise((resolve, reject) => {
      const socket = new RawSocket(port, path, onFrame);
      socket.onLost = (reason) => reject(new Error(`${path}: ${reason}`));
      socket.#onOpen = () => resolve(socket);
    });
  }

  /** Calls back at the next flush, before it: for what goes into one frame. */
  static atFlush(gatherer: () => void): void {
    RawSocket.#gatherers.push(gatherer);
  }

  /** Sends what all sockets have gathered. */
  static flush(): void {
    for (const gather of RawSocket.#gatherers) gather();
    RawSocket.#gatherers.length = 0;
    for (const socket of RawSocket.#dirty) socket.#flush();
    RawSocket.#dirty.length = 0;
  }

  /** Starts a frame of `length` bytes, which `put` then fills. */
  begin(opcode: number, length: number): void {
    if (this.#out.isEmpty) RawSocket.#dirty.push(this);
    this.#out.begin(opcode, length);
  }

  put(bytes: Uint8Array, length = bytes.length): void {
    this.#out.put(bytes, length);
  }

  text(payload: string): void {
    const bytes = Buffer.from(payload);
    this.begin(TEXT, bytes.length);
    this.put(bytes);
  }

  binary(payload: Uint8Array): void {
    this.begin(BINARY, payload.length);
    this.put(payload);
  }

  close(): void {
    this.#isClosing = true;
    this.#socket.destroy();
  }

  #flush(): void {
    const bytes = this.#out.take();
    if (!this.#isClosing) this.#socket.write(bytes);
  }

  #read(length: number): boolean {
    clock.now = performance.now();
    if (this.#restLength === 0) {
      this.#keep(READ, this.#take(READ, length), length);
    } else {
      this.#append(length);
      const end = this.#restLength;
      this.#keep(this.#rest, this.#take(this.#rest, end), end);
    }
    RawSocket.flush();
    return true;
  }

  #append(length: number): void {
    const needed = this.#restLength + length;
    if (this.#rest.length < needed) {
      const larger = Buffer.allocUnsafe(Math.max(needed, 2 * this.#rest.length));
      this.#rest.copy(larger, 0, 0, this.#restLength);
      this.#rest = larger;
    }
    READ.copy(this.#rest, this.#restLength, 0, length);
    this.#restLength = needed;
  }

  /** What stands from `at` to `end` waits for more. */
  #keep(from: Buffer, at: number, end: number): void {
    const length = end - at;
    if (length > 0) {
      if (this.#rest.length < length) this.#rest = Buffer.allocUnsafe(Math.max(4096, length));
      from.copy(this.#rest, 0, at, end);
    } else if (this.#rest.length > 1024 * 1024) {
      this.#rest = Buffer.alloc(0);
    }
    this.#restLength = length;
  }

  /** Handles what is complete, and returns where the rest begins. */
  #take(bytes: Buffer, end: number): number {
    let at = 0;
    if (this.#onOpen) {
      const head = bytes.toString('latin1', 0, end);
      const bodyAt = head.indexOf('\r\n\r\n');
      if (bodyAt < 0) return 0;
      if (!head.startsWith('HTTP/1.1 101')) {
        this.#lost(head.slice(0, head.indexOf('\r\n')));
        return end;
      }
      this.#onOpen();
      this.#onOpen = undefined;
      at = bodyAt + 4;
    }
    for (;;) {
      if (end - at < 2) return at;
      const first = bytes[at]!;
      if ((first & 0x80) === 0) throw new Error('a fragmented frame');
      let length = bytes[at + 1]! & 0x7f;
      let start = at + 2;
      if (length === 126) {
        if (end - at < 4) return at;
        length = bytes.readUInt16BE(at + 2);
        start = at + 4;
      } else if (length === 127) {
        if (end - at < 10) return at;
        length = bytes.readUInt32BE(at + 2) * 2 ** 32 + bytes.readUInt32BE(at + 6);
        start = at + 10;
      }
      if (end - start < length) return at;
      at = start + length;
      this.#handle(first & 0x0f, bytes, start, at);
    }
  }

  #handle(opcode: number, bytes: Buffer, start: number, end: number): void {
    if (opcode === TEXT || opcode === BINARY) {
      this.#onFrame(opcode, bytes, start, end);
    } else if (opcode === PING) {
      this.begin(PONG, end - start);
      this.put(bytes.subarray(start, end));
    } else if (opcode === CLOSE) {
      const code = end - start >= 2 ? bytes.readUInt16BE(start) : 1005;
      this.#lost(`the server closed with ${code} ${bytes.toString('utf8', Math.min(start + 2, end), end)}`);
    }
  }

  #lost(reason: string): void {
    if (this.#isClosing) return;
    this.close();
    this.onLost(reason);
  }
}
