import type { Socket } from 'node:net';

/** What is wrong with one direction. */
export interface StreamFault {
  /** Nothing is read: what is sent waits in the buffers of the kernel, and its sender is not told. */
  readonly holds?: true;
  readonly delayMs?: number;
  readonly bytesPerSecond?: number;
}

/** What may wait here; beyond it the sender is not read. */
const MAX_WAITING = 256 * 1024;
/** A throttled stream passes so many pieces a second. */
const PIECES = 20;

/** One direction of a link through a `FaultProxy`: bytes go on in order, when and as far as its faults let them. */
export class FaultStream {
  /** Bytes that went on. */
  passed = 0;
  private readonly queue: { bytes: Buffer; readonly dueAt: number }[] = [];
  private waiting = 0;
  private freeAt = 0;
  private timer: NodeJS.Timeout | undefined;
  private hasEnded = false;
  private trap: { left: number; readonly spring: () => void } | undefined;

  constructor(
    private readonly from: Socket,
    private readonly to: Socket,
    private readonly fault: () => StreamFault,
    onFirst?: (bytes: Buffer) => void,
  ) {
    if (onFirst) from.once('data', onFirst);
    from.on('data', (bytes: Buffer) => this.take(bytes));
    // One that was killed is read to its end: what it had said still arrives.
    for (const end of ['end', 'error', 'close'] as const) {
      from.on(end, () => {
        this.hasEnded = true;
        this.pump();
      });
    }
    to.on('drain', () => this.pump());
    to.on('close', () => clearTimeout(this.timer));
    if (this.fault().holds) from.pause();
  }

  /** To be called when the faults have changed. */
  refresh(): void {
    if (this.fault().holds) this.from.pause();
    else this.pump();
  }

  /** Calls `spring` in the turn in which so many more bytes have gone on; not one more does. */
  setTrap(bytes: number, spring: () => void): void {
    this.trap = { left: bytes, spring };
  }

  /** The receiver is told that no more comes. */
  end(): void {
    this.to.end();
  }

  private take(bytes: Buffer): void {
    this.queue.push({ bytes, dueAt: performance.now() + (this.fault().delayMs ?? 0) });
    this.waiting += bytes.length;
    this.pump();
  }

  private pump(): void {
    clearTimeout(this.timer);
    while (this.queue.length > 0 && this.to.writable) {
      const { holds, bytesPerSecond = Number.POSITIVE_INFINITY } = this.fault();
      if (holds || this.to.writableNeedDrain) {
        this.from.pause();
        return;
      }
      const waitMs = Math.max(this.queue[0]!.dueAt, this.freeAt) - performance.now();
      if (waitMs > 0) {
        this.timer = setTimeout(() => this.pump(), waitMs);
        break;
      }
      this.pass(bytesPerSecond);
    }
    if (this.waiting > MAX_WAITING || this.fault().holds) this.from.pause();
    else this.from.resume();
    if (this.hasEnded && (this.queue.length === 0 || !this.to.writable) && !this.fault().holds) this.to.end();
  }

  private pass(bytesPerSecond: number): void {
    const next = this.queue[0]!;
    const most = Math.min(Math.ceil(bytesPerSecond / PIECES), this.trap?.left ?? Number.POSITIVE_INFINITY);
    const piece = next.bytes.subarray(0, most);
    if (piece.length === next.bytes.length) this.queue.shift();
    else next.bytes = next.bytes.subarray(piece.length);
    this.waiting -= piece.length;
    this.passed += piece.length;
    this.freeAt = performance.now() + (piece.length / bytesPerSecond) * 1000;
    this.to.write(piece);
    const { trap } = this;
    if (!trap) return;
    trap.left -= piece.length;
    if (trap.left > 0) return;
    this.trap = undefined;
    trap.spring();
  }
}
