import { TokenBucket } from './token-bucket.js';

/** Keeps the memory below some 10 MB whatever keys are tried. */
const MAX_KEYS = 50_000;

/** One bucket for each person or address; those that are as good as new, or longest untouched, are forgotten. */
export class KeyedBuckets {
  private readonly buckets = new Map<string, TokenBucket>();

  constructor(
    private readonly burst: number,
    private readonly perSecond: number,
    private readonly maxKeys: number = MAX_KEYS,
  ) {}

  get size(): number {
    return this.buckets.size;
  }

  /** 0: let through. Else how long to wait, in milliseconds. */
  take(key: string, now: number): number {
    const bucket = this.buckets.get(key) ?? new TokenBucket(this.burst, this.perSecond);
    // The order of a map is that of insertion: the first is the longest untouched.
    this.buckets.delete(key);
    this.buckets.set(key, bucket);
    this.forget(now);
    return bucket.take(now);
  }

  private forget(now: number): void {
    for (const [key, bucket] of this.buckets) {
      if (this.buckets.size <= this.maxKeys && (this.buckets.size === 1 || !bucket.isFull(now))) return;
      this.buckets.delete(key);
    }
  }
}
