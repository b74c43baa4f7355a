/** Something to be sent, already serialised. */
export interface Outgoing {
  /** Whom it concerns: a project, or COMMANDS. */
  readonly topic: string;
  readonly text: string;
  /** The first to be dropped when the carrier is away: its receivers can do without. */
  readonly isExpendable: boolean;
}

/** The topic of what every worker gets; no project's id. */
export const COMMANDS = '-';

/** Takes batches to a bus that may be away. */
export interface Carrier {
  isOpen(): boolean;
  /**
   * Never rejects, and never tries twice: a batch whose fate is unknown is lost, since a second copy would be worse. Called
   * again only when it has resolved.
   */
  send(batch: readonly Outgoing[]): Promise<void>;
}

/** Resolves after so long, or as soon as the signal says. */
export type Pause = (ms: number, signal: AbortSignal) => Promise<void>;

export interface OutboxOptions {
  /** Shortest time from the start of a batch to the next one's. Whatever is first after a pause leaves at once. */
  readonly gapMs: number;
  readonly pause: Pause;
  /** Of text that waits, in UTF-16 units. */
  readonly capacity?: number;
}

const CAPACITY = 4_000_000;
/** So that one batch does not hold up a slow bus for long. */
const MAX_BATCH = 500_000;
const FLUSH_MS = 1000;

/**
 * Joins small messages to batches, one under way at a time, in order. What the carrier cannot take waits; when that is too
 * much, the oldest expendable messages are dropped first, then the oldest.
 */
export class Outbox {
  private waiting: Outgoing[] = [];
  private size = 0;
  private run: Promise<void> | undefined;
  private readonly closing = new AbortController();
  private readonly capacity: number;

  constructor(
    private readonly carrier: Carrier,
    private readonly options: OutboxOptions,
  ) {
    this.capacity = options.capacity ?? CAPACITY;
  }

  get waitingSize(): number {
    return this.size;
  }

  push(outgoing: Outgoing): void {
    if (this.closing.signal.aborted) return;
    this.waiting.push(outgoing);
    this.size += outgoing.text.length;
    if (this.size > this.capacity) this.shed();
    this.wake();
  }

  /** Call it when the carrier has opened. */
  wake(): void {
    if (this.waiting.length > 0 && this.carrier.isOpen()) this.run ??= this.empty();
  }

  /** Sends what waits, within a second if the carrier can; the rest is lost. */
  async close(): Promise<void> {
    this.closing.abort();
    this.wake();
    const flushed = new AbortController();
    await Promise.race([this.run, this.options.pause(FLUSH_MS, flushed.signal)]);
    flushed.abort();
    this.waiting = [];
  }

  private async empty(): Promise<void> {
    // What is published in one go leaves in one batch.
    await Promise.resolve();
    while (this.waiting.length > 0 && this.carrier.isOpen()) {
      const gap = this.options.pause(this.options.gapMs, this.closing.signal);
      await this.carrier.send(this.take());
      await gap;
    }
    this.run = undefined;
  }

  private take(): Outgoing[] {
    let [count, size] = [0, 0];
    for (const { text } of this.waiting) {
      if (count > 0 && size + text.length > MAX_BATCH) break;
      size += text.length;
      count++;
    }
    this.size -= size;
    return this.waiting.splice(0, count);
  }

  /** Down to half, so that a flood pays for it once in a while and not with every message. */
  private shed(): void {
    const keep = (isDropped: (outgoing: Outgoing) => boolean) => {
      this.waiting = this.waiting.filter((outgoing) => {
        if (this.size <= this.capacity / 2 || !isDropped(outgoing)) return true;
        this.size -= outgoing.text.length;
        return false;
      });
    };
    keep(({ isExpendable }) => isExpendable);
    keep(() => true);
  }
}
