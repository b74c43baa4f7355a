import type { Answer, Role } from '@tandem/protocol';
import type { Socket } from 'socket.io';
import type { Frame, RoomPeer } from '../../core/document/room/room-session.js';
import { uncorkSoon } from './corked-writes.js';
import { packSaved } from './packed-packets.js';
import { answerFrame, PacketFrame } from './packet-frame.js';
import { type EngineSocket, engineOf } from './socket-internals.js';
import { BINARY, TEXT, websocketFrames } from './websocket-frame.js';

/** What may wait for one reader, in bytes; beyond it frames are left out and made good by a resync (D6). */
export const MAX_BACKLOG = 1024 * 1024;
/** How many times as much certain frames may add to a backlog that is full: then its reader is given up. */
const CERTAIN_BACKLOGS = 4;
/** Less than the ping time-out, in milliseconds. */
const PATIENCE_MS = 5000;
const NOTHING = Buffer.alloc(0);

let connections = 0;

/**
 * Writes ready-made frames to one socket and knows how far behind its reader is. They go straight to the websocket, past
 * Engine.IO's queue while that is empty, and with all others of the same turn of the event loop.
 */
export class SocketPeer implements RoomPeer {
  readonly order = ++connections;
  private bound = MAX_BACKLOG;
  private readonly engine: EngineSocket;
  /** Bytes handed to Engine.IO and not yet to the websocket. */
  private queued = 0;
  private isCorked = false;
  /** Somebody was left out, or waits; the kernel tells when it has taken what was there then. */
  private isAwaited = false;
  private readonly waiting = new Set<() => void>();
  /** What certain frames have added since the backlog was full, in bytes. */
  private certain = 0;
  /** Answers `{ ok: true, seq }` of this turn: ack id and seq in turn. */
  private saved: number[] = [];
  private patience: NodeJS.Timeout | undefined;
  /** Why the socket is not read at the moment. */
  private readonly restraints = new Set<'edits' | 'backlog'>();

  constructor(
    private readonly socket: Socket,
    private readonly isPacked: boolean,
    /** Called when most of a backlog is gone that frames were left out for. */
    private readonly onDrain: () => void,
    readonly ceiling?: Role,
  ) {
    this.engine = engineOf(socket);
    // What Socket.IO itself sends, past this class: greetings and pings.
    this.engine.on('packetCreate', ({ data }) => {
      this.queued += data?.length ?? 0;
    });
    this.engine.on('flush', () => {
      this.queued = 0;
    });
    socket.once('disconnect', () => this.wake());
  }

  /** Bytes that wait for the reader. */
  get backlog(): number {
    return this.queued + (this.engine.transport.socket?.bufferedAmount ?? 0);
  }

  /** What may wait, in bytes: less than usual while too much waits for all readers (OutboundBudget). */
  get maxBacklog(): number {
    return this.bound;
  }

  set maxBacklog(bytes: number) {
    this.bound = bytes;
    if (this.isAwaited) this.makeRoom();
  }

  get isFull(): boolean {
    return this.backlog > this.bound;
  }

  /** Resolves when there is room for a large frame, or the connection is gone. */
  async room(): Promise<void> {
    while (this.socket.connected && this.isFull) {
      await new Promise<void>((resolve) => {
        this.waiting.add(resolve);
        this.lookLater();
      });
    }
  }

  write(frame: Frame, delivery: 'droppable' | 'certain' = 'droppable'): boolean {
    if (!this.socket.connected || !(frame instanceof PacketFrame)) return false;
    const bytes = this.isPacked ? frame.packed : frame.stock;
    const { backlog } = this;
    if (delivery === 'certain') {
      if (backlog > this.bound && this.isTooMuch(bytes.length)) return false;
    } else if (backlog > 0 && backlog + bytes.length > this.bound) {
      // An empty queue takes any frame: a large document must get through, and what follows it then waits.
      this.lookLater();
      return false;
    }
    this.put(bytes);
    return true;
  }

  /** Nothing would make up for a certain frame: a reader who leaves too many of them lying is given up (D6). */
  private isTooMuch(bytes: number): boolean {
    this.certain += bytes;
    this.lookLater();
    if (this.certain <= CERTAIN_BACKLOGS * this.bound) return false;
    // A goodbye would have to wait behind all the rest.
    this.engine.transport.socket?.terminate();
    return true;
  }

  /** Answers the request with this ack id. */
  answer(id: number, answer: Answer<object>): void {
    if (isSaved(answer)) {
      this.saved.push(id, answer.seq);
      this.cork();
    } else this.put(answerFrame(id, answer));
  }

  /** Edits are never refused for their rate: while too many wait for their commit, their sender is not read. */
  restrainEdits(isTooMuch: boolean): void {
    if (isTooMuch === this.restraints.has('edits')) return;
    this.setRestraint('edits', isTooMuch);
    clearInterval(this.patience);
    // Its pongs are not read either: while edits wait for the log, their sender is not called dead for it.
    if (isTooMuch) {
      this.patience = setInterval(() => this.engine.pingTimeoutTimer?.refresh(), PATIENCE_MS).unref();
    }
  }

  /** Answers are queued like events: who does not read them may not ask for more. */
  restrain(): void {
    const { isFull } = this;
    this.setRestraint('backlog', isFull);
    if (isFull) this.lookLater();
  }

  /** Writes what gathered in this turn. */
  uncork(): void {
    this.putSaved();
    this.isCorked = false;
    this.engine.transport.socket?._socket?.uncork();
  }

  private put(bytes: Buffer): void {
    if (this.saved.length > 0) this.putSaved();
    const websocket = this.engine.transport.socket;
    if (this.engine.readyState !== 'open' || websocket?.readyState !== 1) return;
    this.cork();
    // Behind what Engine.IO still holds, else past its queue, which it would go through packet by packet.
    if (this.engine.writeBuffer.length > 0) this.engine.write(bytes, { wsPreEncodedFrame: [bytes] });
    else websocket._sender.sendFrame([bytes]);
  }

  private putSaved(): void {
    const { saved } = this;
    if (saved.length === 0) return;
    this.saved = [];
    this.put(this.isPacked ? websocketFrames([{ opcode: BINARY, data: packSaved(saved) }]) : stockSaved(saved));
  }

  private cork(): void {
    if (this.isCorked) return;
    this.isCorked = true;
    this.engine.transport.socket?._socket?.cork();
    uncorkSoon(this);
  }

  /**
   * Looks again when the kernel has taken what waits now: an empty write behind it tells. TCP's own `drain` comes only
   * where 64 KiB had gathered, and the engine's only for its own packets; who waits must not depend on either.
   */
  private lookLater(): void {
    const tcp = this.engine.transport.socket?._socket;
    if (this.isAwaited || !tcp?.writable) return;
    this.isAwaited = true;
    tcp.write(NOTHING, () => {
      this.isAwaited = false;
      this.look();
    });
  }

  private look(): void {
    if (!this.socket.connected) return;
    this.makeRoom();
    if (this.backlog < this.bound / 4) this.onDrain();
    else this.lookLater();
  }

  private makeRoom(): void {
    this.restrain();
    if (this.isFull) return;
    this.certain = 0;
    this.wake();
  }

  private wake(): void {
    const all = [...this.waiting];
    this.waiting.clear();
    for (const resolve of all) resolve();
  }

  private setRestraint(reason: 'edits' | 'backlog', isOn: boolean): void {
    const wasRead = this.restraints.size === 0;
    if (isOn) this.restraints.add(reason);
    else this.restraints.delete(reason);
    const isRead = this.restraints.size === 0;
    if (isRead === wasRead) return;
    const websocket = this.engine.transport.socket;
    if (isRead) websocket?.resume();
    else websocket?.pause();
  }
}

/** The answer to an edit, nearly always. */
function isSaved(answer: Answer<object>): answer is { ok: true; seq: number } {
  if (!answer.ok || typeof (answer as { seq?: unknown }).seq !== 'number') return false;
  for (const field in answer) if (field !== 'ok' && field !== 'seq') return false;
  return true;
}

/** Stock acks as Socket.IO would write them, each in a frame of its own. */
function stockSaved(saved: readonly number[]): Buffer {
  const frames: { opcode: typeof TEXT; data: Buffer }[] = [];
  for (let at = 0; at < saved.length; at += 2) {
    frames.push({ opcode: TEXT, data: Buffer.from(`43${saved[at]}[{"ok":true,"seq":${saved[at + 1]}}]`, 'latin1') });
  }
  return websocketFrames(frames);
}
