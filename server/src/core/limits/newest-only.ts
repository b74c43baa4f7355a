import { TokenBucket } from './token-bucket.js';

/** Lets things through at a rate; of what is over it, the newest of each key waits, and what was older is forgotten. */
export class NewestOnly<Item> {
  private readonly held = new Map<string, Item>();
  private readonly bucket: TokenBucket;

  constructor(
    burst: number,
    perSecond: number,
    /** How many may wait; then the one that has waited longest is forgotten. */
    private readonly most: number,
  ) {
    this.bucket = new TokenBucket(burst, perSecond);
  }

  /** Whether the item goes through now; else it is held. */
  offer(key: string, item: Item, now: number): boolean {
    // What is held goes first, so that nobody is overtaken.
    if (this.held.size === 0 && this.bucket.take(now) === 0) return true;
    this.held.delete(key);
    this.held.set(key, item);
    const [oldest] = this.held.keys();
    if (this.held.size > this.most && oldest !== undefined) this.held.delete(oldest);
    return false;
  }

  /** What may go now, and how long the rest has to wait, in milliseconds; undefined when nothing is left. */
  release(now: number): { items: Item[]; waitMs: number | undefined } {
    const items: Item[] = [];
    for (const [key, item] of this.held) {
      const waitMs = this.bucket.take(now);
      if (waitMs > 0) return { items, waitMs };
      this.held.delete(key);
      items.push(item);
    }
    return { items, waitMs: undefined };
  }
}
