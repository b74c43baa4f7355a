import type { Process, VirtualLoop } from './virtual-loop.js';

interface Packet {
  readonly bytes: number;
  readonly deliver: () => void;
  /** What the plan may repeat or put out of order. */
  readonly kind: string;
}

/** One direction of a connection: in order, none lost but the last ones. */
export class Channel {
  /** The receiver does not read: packets wait. */
  isHeld = false;
  /** What is sent from now on never arrives. */
  isLost = false;
  /** The sender waits for the reader to have taken all. */
  isDrainWanted = false;
  private readonly queue: Packet[] = [];
  private owed = 0;
  private lastDue = 0;

  constructor(
    private readonly loop: VirtualLoop,
    private readonly receiver: Process,
    private readonly latencyMs: number,
    /** The reader has taken all that had gathered. */
    private readonly drained: () => void = () => {},
  ) {}

  /** Bytes that a reader has not taken, who does not read. */
  get backlog(): number {
    return this.isHeld ? this.queue.reduce((sum, { bytes }) => sum + bytes, 0) : 0;
  }

  send(packet: Packet): void {
    if (this.isLost) return;
    this.queue.push(packet);
    this.expect();
  }

  hold(): void {
    this.isHeld = true;
  }

  release(): void {
    if (!this.isHeld) return;
    this.isHeld = false;
    this.isDrainWanted = true;
    for (; this.owed > 0; this.owed--) this.loop.post(this.receiver, 0, () => this.deliver());
  }

  /** Whatever is under way is gone. */
  drop(): void {
    this.queue.length = 0;
    this.isLost = true;
  }

  /** The last packet of a kind that is under way, once more. False when there is none. */
  repeatLast(kind: string): boolean {
    const packet = this.queue.findLast((one) => one.kind === kind);
    if (packet) this.send(packet);
    return packet !== undefined;
  }

  /** The last two packets change places when both are of that kind. */
  swapLast(kind: string): boolean {
    const [a, b] = this.queue.slice(-2);
    if (a?.kind !== kind || b?.kind !== kind) return false;
    this.queue.splice(-2, 2, b, a);
    return true;
  }

  private expect(): void {
    const due = Math.max(this.lastDue, this.loop.now + this.latencyMs);
    this.lastDue = due;
    this.loop.post(this.receiver, due - this.loop.now, () => this.deliver());
  }

  private deliver(): void {
    if (this.isHeld) {
      this.owed++;
      return;
    }
    this.queue.shift()?.deliver();
    if (this.queue.length > 0 || !this.isDrainWanted) return;
    this.isDrainWanted = false;
    this.drained();
  }
}

/** How a connection ends: when each end notices, in milliseconds, and whether what was under way still arrives. */
export interface Cut {
  readonly clientMs: number;
  readonly serverMs: number;
  readonly isLossy: boolean;
}

/** A connection between a tab and a node, as TCP would have it. */
export class SimulatedLink {
  readonly toServer: Channel;
  readonly toClient: Channel;
  /** Each end's own view. */
  isOpenAtClient = true;
  isOpenAtServer = true;
  /** Forgets when each end was to notice. */
  private noticed: () => void = () => {};

  constructor(
    private readonly loop: VirtualLoop,
    private readonly client: Process,
    private readonly server: Process,
    latencyMs: number,
    private readonly ends: { clientClosed(): void; serverClosed(): void; drained(): void },
  ) {
    this.toServer = new Channel(loop, server, latencyMs);
    this.toClient = new Channel(loop, client, latencyMs, () => this.loop.post(server, latencyMs, () => ends.drained()));
  }

  /** Something was lost on it, and nobody may know. */
  get isBroken(): boolean {
    return this.toServer.isLost || this.toClient.isLost || this.isOpenAtClient !== this.isOpenAtServer;
  }

  /** The client hangs up: what it sent still arrives. */
  closeAtClient(): void {
    if (!this.isOpenAtClient) return;
    this.isOpenAtClient = false;
    this.toClient.drop();
    this.toServer.send({ bytes: 0, kind: 'close', deliver: () => this.endAtServer() });
  }

  closeAtServer(): void {
    if (!this.isOpenAtServer) return;
    this.endAtServer();
    this.toServer.drop();
    this.toClient.send({ bytes: 0, kind: 'close', deliver: () => this.endAtClient() });
  }

  cut({ clientMs, serverMs, isLossy }: Cut): void {
    if (isLossy) this.toServer.drop();
    this.toServer.isLost = true;
    this.toClient.isLost = true;
    this.noticed();
    const cancels = [
      this.loop.post(this.client, clientMs, () => this.endAtClient()),
      this.loop.post(this.server, serverMs, () => this.endAtServer()),
    ];
    this.noticed = () => {
      for (const cancel of cancels) cancel();
    };
  }

  private endAtClient(): void {
    if (!this.isOpenAtClient) return;
    this.isOpenAtClient = false;
    this.toClient.drop();
    this.ends.clientClosed();
  }

  private endAtServer(): void {
    if (!this.isOpenAtServer) return;
    this.isOpenAtServer = false;
    this.toServer.drop();
    this.ends.serverClosed();
  }
}
