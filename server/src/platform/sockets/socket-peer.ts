import type { Socket } from 'socket.io';
import type { Frame, RoomPeer } from '../../core/document/room/room-session.js';
import { PacketFrame } from './packet-frame.js';

/** What may wait for one reader, in bytes; beyond it frames are left out and made good by a resync (D6). */
const MAX_BACKLOG = 1024 * 1024;

/** The parts of Engine.IO's connection that are used below its documented surface; pinned with socket.io 4.8.3. */
interface EngineSocket {
  write(data: string | Buffer, options: object): void;
  on(event: 'flush', listener: () => void): void;
  on(event: 'packetCreate', listener: (packet: { data?: string | Buffer }) => void): void;
  readonly pingTimeoutTimer: NodeJS.Timeout | null;
  readonly transport: {
    on(event: 'ready', listener: () => void): void;
    readonly socket?: { readonly bufferedAmount: number; pause(): void; resume(): void };
  };
}

/** Writes ready-made frames to one socket and knows how far behind its reader is. */
export class SocketPeer implements RoomPeer {
  private readonly engine: EngineSocket;
  /** Bytes handed to Engine.IO and not yet to the websocket. */
  private queued = 0;
  /** Why the socket is not read at the moment. */
  private patience: NodeJS.Timeout | undefined;
  private readonly restraints = new Set<'edits' | 'backlog'>();

  constructor(
    private readonly socket: Socket,
    private readonly onDrain: () => void,
  ) {
    this.engine = socket.conn as unknown as EngineSocket;
    // Also answers, which Socket.IO writes past this class.
    this.engine.on('packetCreate', ({ data }) => {
      this.queued += data?.length ?? 0;
    });
    this.engine.on('flush', () => {
      this.queued = 0;
    });
    // The engine's own `drain` only means that the websocket has taken its queue; here the kernel has taken the websocket's.
    this.engine.transport.on('ready', () => this.drained());
  }

  /** Bytes that wait for the reader. */
  get backlog(): number {
    return this.queued + (this.engine.transport.socket?.bufferedAmount ?? 0);
  }

  get isFull(): boolean {
    return this.backlog > MAX_BACKLOG;
  }

  write(frame: Frame, delivery: 'droppable' | 'certain' = 'droppable'): boolean {
    if (!this.socket.connected || !(frame instanceof PacketFrame)) return false;
    // An empty queue takes any frame: a large document must get through, and what follows it then waits.
    if (delivery === 'droppable' && this.backlog > 0 && this.backlog + frame.bytes > MAX_BACKLOG) return false;
    for (const part of frame.parts) this.engine.write(part.data, part.options);
    return true;
  }

  /** Edits are never refused for their rate: while too many wait for their commit, their sender is not read. */
  restrainEdits(isTooMuch: boolean): void {
    this.setRestraint('edits', isTooMuch);
  }

  /** Answers are queued like events: who does not read them may not ask for more. */
  restrain(): void {
    this.setRestraint('backlog', this.isFull);
  }

  private drained(): void {
    this.restrain();
    if (this.backlog < MAX_BACKLOG / 4) this.onDrain();
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
    clearInterval(this.patience);
    // Its pongs are not read either: while edits wait for the log, their sender is not called dead for it.
    if (reason === 'edits' && isOn)
      this.patience = setInterval(() => this.engine.pingTimeoutTimer?.refresh(), 5000).unref();
  }
}
