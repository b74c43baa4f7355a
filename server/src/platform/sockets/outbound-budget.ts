import { MAX_BACKLOG } from './socket-peer.js';

/** A reader, and how much may wait for it. */
export interface Reader {
  readonly backlog: number;
  maxBacklog: number;
}

/** How often it is looked, in milliseconds. */
const LOOK_MS = 250;
/** What may wait for each reader while too much waits for all, in bytes. */
const SCARCE = 64 * 1024;

/**
 * What may wait for one reader is bounded; ten thousand who stop reading would still be ten gigabytes. When too much waits for
 * all of them, each gets less, and is made good by a resync sooner.
 */
export class OutboundBudget {
  private timer: NodeJS.Timeout | undefined;
  private isScarce = false;

  constructor(
    private readonly readers: () => Iterable<Reader>,
    private readonly bound: number,
  ) {}

  start(): void {
    this.timer = setInterval(() => this.look(), LOOK_MS).unref();
  }

  stop(): void {
    clearInterval(this.timer);
  }

  /** What one reader may be given now, in bytes. */
  get maxBacklog(): number {
    return this.isScarce ? SCARCE : MAX_BACKLOG;
  }

  look(): void {
    let sum = 0;
    for (const { backlog } of this.readers()) sum += backlog;
    // Back to plenty only when half of it is free: else they would all fill up again at once.
    const isScarce = sum > (this.isScarce ? this.bound / 2 : this.bound);
    if (isScarce === this.isScarce) return;
    this.isScarce = isScarce;
    for (const reader of this.readers()) reader.maxBacklog = this.maxBacklog;
  }
}
