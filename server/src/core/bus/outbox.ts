import type { PublishOptions } from './node-bus.js';

/** Something to be sent, already serialised. */
export interface Outgoing {
  readonly topic: string;
  readonly text: string;
}

/** The texts of a batch, in the order of each topic. */
export function textsByTopic(batch: readonly Outgoing[]): Map<string, string[]> {
  const topics = new Map<string, string[]>();
  for (const { topic, text } of batch) {
    const texts = topics.get(topic);
    if (texts) texts.push(text);
    else topics.set(topic, [text]);
  }
  return topics;
}

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

interface Waiting extends Outgoing {
  readonly isExpendable: boolean;
  /** Of its key and topic. */
  readonly slot: string | undefined;
}

/**
 * Joins small messages to batches, one under way at a time, in order. What the carrier cannot take waits; when that is too
 * much, the oldest expendable messages are dropped first, then the oldest.
 */
export class Outbox {
  /** In their order. */
  private readonly waiting = new Set<Waiting>();
  private readonly slots = new Map<string, Waiting>();
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

  /** Serialised at once: the caller may change the message afterwards. */
  push(topic: string, message: object, { isExpendable = false, key }: PublishOptions = {}): void {
    if (this.closing.signal.aborted) return;
    const slot = key === undefined ? undefined : `${topic} ${key}`;
    const replaced = slot === undefined ? undefined : this.slots.get(slot);
    if (replaced) this.remove(replaced);
    this.add({ topic, text: JSON.stringify(message), isExpendable, slot });
    if (this.size > this.capacity) this.shed();
    this.wake();
  }

  /** Call it when the carrier has opened. */
  wake(): void {
    if (this.waiting.size > 0 && this.carrier.isOpen()) this.run ??= this.empty();
  }

  /** Sends what waits, within a second if the carrier can; the rest is lost. */
  async close(): Promise<void> {
    this.closing.abort();
    this.wake();
    const flushed = new AbortController();
    await Promise.race([this.run, this.options.pause(FLUSH_MS, flushed.signal)]);
    flushed.abort();
    for (const one of this.waiting) this.remove(one);
  }

  private async empty(): Promise<void> {
    // What is published in one go leaves in one batch.
    await Promise.resolve();
    while (this.waiting.size > 0 && this.carrier.isOpen()) {
      const gap = this.options.pause(this.options.gapMs, this.closing.signal);
      await this.carrier.send(this.take());
      await gap;
    }
    this.run = undefined;
  }

  private take(): Outgoing[] {
    const batch: Outgoing[] = [];
    let size = 0;
    for (const one of this.waiting) {
      size += one.text.length;
      if (batch.length > 0 && size > MAX_BATCH) break;
      batch.push(one);
      this.remove(one);
    }
    return batch;
  }

  /** Down to half, so that a flood pays for it once in a while and not with every message. */
  private shed(): void {
    const drop = (isDropped: (one: Waiting) => boolean) => {
      for (const one of this.waiting) {
        if (this.size <= this.capacity / 2) return;
        if (isDropped(one)) this.remove(one);
      }
    };
    drop(({ isExpendable }) => isExpendable);
    drop(() => true);
  }

  private add(one: Waiting): void {
    this.waiting.add(one);
    this.size += one.text.length;
    if (one.slot !== undefined) this.slots.set(one.slot, one);
  }

  private remove(one: Waiting): void {
    this.waiting.delete(one);
    this.size -= one.text.length;
    if (one.slot !== undefined) this.slots.delete(one.slot);
  }
}
