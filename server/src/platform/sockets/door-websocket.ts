import { ERRORS, type ErrorCode, type Limits, type TandemError } from '@tandem/protocol';
import type { Socket } from 'socket.io';
import { WebSocket } from 'ws';
import { TokenBucket } from '../../core/limits/token-bucket.js';
import { PingAnswers } from './ping-answers.js';
import type { Reader, ReadingTurns } from './reading-turns.js';
import { engineOf } from './socket-internals.js';

/** Handler time after which a connection takes turns, and how fast it is forgotten, in milliseconds. */
const HEAVY_MS = 5;
const HALF_LIFE_MS = 1000;
/** In one turn of the event loop, of one connection and of all, before messages are put off. */
const AT_ONCE = 32;
const BUSY_MS = 2;
/** What is handed on in one go when it is a connection's turn. */
const SLICE = { messages: 16, bytes: 16 * 1024 };
/** What may be put off before the socket is not read. */
const MAX_KEPT = { messages: 256, bytes: 64 * 1024 };
/** Less than the ping time-out: pongs are not read either. */
const MAX_HOLD_MS = 2000;
/** A connection that asks for namespaces, of which there is one, is told so this often. */
const MAX_NAMESPACES = 10;

const [PLAIN_EVENT, BINARY_EVENT, CONNECT, DISCONNECT] = ['42', '45', '40', '41'].map((type) => Buffer.from(type));

interface Message {
  readonly data: Buffer;
  readonly isBinary: boolean;
}

interface WsInternals {
  readonly _receiver: { _maxPayload: number };
}

/**
 * The websocket of an editor, as the first to see what comes: before the sign-in one packet and no more, then Socket.IO
 * packets of the forms that clients send, at their rate and in turn with the others.
 *
 *     new --hello--> knocking --admit()--> in --> over
 *      '----------------'-- anything else ---------^
 */
export class DoorWebSocket extends WebSocket implements Reader {
  private state: 'new' | 'knocking' | 'in' | 'over' = 'new';
  private limits: Limits | undefined;
  private turns: ReadingTurns | undefined;
  private messageBucket = new TokenBucket(1, 1);
  private byteBucket = new TokenBucket(1, 1);
  private kept: Message[] = [];
  private keptBytes = 0;
  private isPausedByOwner = false;
  private isRestrained = false;
  private hold: NodeJS.Timeout | undefined;
  private isStopped = false;
  /** What was handed on in which turn of the event loop. */
  private handled = { turn: 0, messages: 0 };
  private usedMs = 0;
  private usedAt = 0;
  private namespaces = 0;
  private pings: PingAnswers | undefined;

  /** Undefined when the connection has ended. */
  static of(socket: Socket): DoorWebSocket | undefined {
    const websocket: unknown = engineOf(socket).transport.socket;
    return websocket instanceof DoorWebSocket ? websocket : undefined;
  }

  /** Called once, before anything is read. */
  begin(limits: Limits, turns: ReadingTurns): void {
    this.limits = limits;
    this.turns = turns;
    this.messageBucket = new TokenBucket(2 * limits.messageRate, limits.messageRate);
    this.byteBucket = new TokenBucket(2 * limits.messageByteRate, limits.messageByteRate);
    this.once('close', () => this.end());
  }

  get isOpen(): boolean {
    return this.state !== 'over' && this.readyState === WebSocket.OPEN;
  }

  /** Signed in: from now on whole packets are read. */
  admit(): void {
    if (this.state === 'over' || !this.limits) return;
    this.state = 'in';
    (this as unknown as WsInternals)._receiver._maxPayload = this.limits.maxPacketBytes;
  }

  /** Says why, and ends the connection. */
  turnAway({ code, message, retry, retryAfterMs }: Pick<TandemError, 'code' | 'message' | 'retry' | 'retryAfterMs'>) {
    if (this.state === 'over') return;
    const isIn = this.state === 'in';
    this.end();
    const later = retryAfterMs === undefined ? {} : { retryAfterMs };
    const refusal = isIn
      ? `42${JSON.stringify(['session:closed', { code, message, ...later }])}`
      : `44${JSON.stringify({ message, data: { code, message, retry, ...later } })}`;
    if (this.readyState === WebSocket.OPEN) this.send(refusal);
    super.close(1008, code);
  }

  /** What this connection sent took from `began` to `now`. */
  charge(began: number, now: number): void {
    this.usedMs = this.used(now) + now - began;
    this.usedAt = now;
  }

  override emit(event: string | symbol, ...args: unknown[]): boolean {
    if (event === 'message') this.take({ data: args[0] as Buffer, isBinary: args[1] as boolean });
    else if (event === 'ping' || event === 'pong') this.takeControl(event, args[0] as Buffer);
    else return super.emit(event, ...args);
    return true;
  }

  /** Also called by ws, when a frame is against the rules. */
  override close(code?: number, reason?: string | Buffer): void {
    if (code === 1009) this.turnAway(refusalOf(this.state === 'in' ? 'too_large' : 'unauthorized'));
    else if (code === 1002 || code === 1007 || code === 1008) this.turnAway(refusalOf('bad_request'));
    super.close(code, reason);
  }

  /** So many more were packed into a message. */
  count(messages: number): void {
    if (messages > 0) this.holdFor(this.messageBucket.charge(messages, performance.now()));
  }

  /** For who uses the websocket: it is read when neither he nor the door has stopped it. */
  override pause(): void {
    this.isPausedByOwner = true;
    this.readOrStop();
  }

  override resume(): void {
    this.isPausedByOwner = false;
    this.readOrStop();
  }

  /** Its requests under way are too much, or not any more. */
  restrain(isTooMuch: boolean): void {
    if (isTooMuch === this.isRestrained) return;
    this.isRestrained = isTooMuch;
    this.emit('held');
    this.readOrStop();
  }

  handOn(): boolean {
    for (let messages = 0, bytes = 0; messages < SLICE.messages && bytes < SLICE.bytes && this.mayHandOn; messages++) {
      const message = this.kept.shift();
      if (!message) break;
      this.keptBytes -= message.data.length;
      bytes += message.data.length;
      this.deliver(message, performance.now());
    }
    this.readOrStop();
    return this.kept.length > 0 && this.mayHandOn;
  }

  private get mayHandOn(): boolean {
    return this.state !== 'over' && !this.isStopWanted;
  }

  private get isStopWanted(): boolean {
    return this.isPausedByOwner || this.isRestrained || this.hold !== undefined;
  }

  private take(message: Message): void {
    if (this.state === 'over') return;
    if (this.state !== 'in') {
      this.takeHello(message);
      return;
    }
    const wrong = this.judge(message);
    if (wrong) {
      this.turnAway(refusalOf('bad_request', wrong));
      return;
    }
    const now = performance.now();
    this.pace(message.data.length, now);
    if (this.kept.length === 0 && this.mayHandOn && this.isItsTurn(now)) {
      this.deliver(message, now);
      return;
    }
    this.kept.push(message);
    this.keptBytes += message.data.length;
    this.readOrStop();
  }

  private deliver({ data, isBinary }: Message, now: number): void {
    super.emit('message', data, isBinary);
    if (!isBinary && begins(data, DISCONNECT!)) this.leave();
    this.charge(now, performance.now());
  }

  /** Who signs off is done: on the same websocket another sign-in would pass all counts by. */
  private leave(): void {
    this.end();
    super.close(1000);
  }

  /** Frames of the websocket itself, which browsers do not send; they cost as much as a message. */
  private takeControl(event: 'ping' | 'pong', data: Buffer): void {
    if (this.state === 'over') return;
    if (this.state !== 'in') {
      this.turnAway(refusalOf('unauthorized'));
      return;
    }
    this.pace(data.length, performance.now());
    if (event === 'pong') return;
    this.pings ??= new PingAnswers((ping, written) => {
      if (this.isOpen) this.pong(ping, false, written);
    });
    this.pings.take(data);
  }

  /** Nothing is kept for who has not signed in (A16). */
  private takeHello(message: Message): void {
    if (this.state === 'new' && !message.isBinary && begins(message.data, CONNECT!)) {
      this.state = 'knocking';
      this.deliver(message, performance.now());
    } else this.turnAway(refusalOf('unauthorized'));
  }

  /** What is wrong with the packet, as far as its first characters tell. */
  private judge({ data, isBinary }: Message): string | undefined {
    // The attachment that was announced, or a packed frame.
    if (isBinary || begins(data, PLAIN_EVENT!) || data[0] === PONG) return undefined;
    if (begins(data, BINARY_EVENT!)) {
      const attachments = Number.parseInt(data.subarray(2, 6).toString('latin1'), 10);
      return attachments <= this.limits!.maxAttachments ? undefined : 'Too many attachments';
    }
    if (begins(data, DISCONNECT!)) return undefined;
    if (begins(data, CONNECT!)) return ++this.namespaces <= MAX_NAMESPACES ? undefined : 'There is one namespace';
    return 'Clients send events';
  }

  private pace(bytes: number, now: number): void {
    this.holdFor(Math.max(this.messageBucket.charge(1, now), this.byteBucket.charge(bytes, now)));
  }

  private holdFor(waitMs: number): void {
    if (waitMs === 0 || this.hold) return;
    this.hold = setTimeout(
      () => {
        this.hold = undefined;
        this.readOrStop();
      },
      Math.min(waitMs, MAX_HOLD_MS),
    ).unref();
    this.emit('held');
    this.readOrStop();
  }

  /** Light ones at once; the others too, as long as nobody waits for it. */
  private isItsTurn(now: number): boolean {
    const { turn, spentMs } = this.turns!.look(now);
    if (this.handled.turn !== turn) this.handled = { turn, messages: 0 };
    if (++this.handled.messages > AT_ONCE) return false;
    return spentMs < BUSY_MS || this.used(now) < HEAVY_MS;
  }

  private used(now: number): number {
    return this.usedMs * 2 ** ((this.usedAt - now) / HALF_LIFE_MS);
  }

  private readOrStop(): void {
    if (this.state === 'over') return;
    if (this.kept.length > 0 && this.mayHandOn) this.turns!.join(this);
    const isFull = this.kept.length > MAX_KEPT.messages || this.keptBytes > MAX_KEPT.bytes;
    const stop = isFull || this.isStopWanted;
    if (stop === this.isStopped) return;
    this.isStopped = stop;
    if (stop) super.pause();
    else super.resume();
  }

  private end(): void {
    if (this.isStopped) super.resume();
    this.state = 'over';
    clearTimeout(this.hold);
    this.turns?.leave(this);
    this.kept = [];
    this.keptBytes = 0;
  }
}

const PONG = '3'.charCodeAt(0);

function begins(data: Buffer, type: Buffer): boolean {
  return data[0] === type[0] && data[1] === type[1];
}

function refusalOf(code: ErrorCode, message: string = ERRORS[code].message) {
  return { code, message, retry: ERRORS[code].retry, retryAfterMs: undefined };
}
