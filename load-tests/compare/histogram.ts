const STEP = Math.log(1.01);
const LOWEST_MS = 0.01;

/** Durations in buckets that are 1 % apart: a sample costs the same however many there are. */
export class Histogram {
  readonly #buckets = new Uint32Array(2048);
  count = 0;

  add(milliseconds: number): void {
    const bucket = milliseconds <= LOWEST_MS ? 0 : Math.ceil(Math.log(milliseconds / LOWEST_MS) / STEP);
    this.#buckets[Math.min(bucket, 2047)]!++;
    this.count++;
  }

  clear(): void {
    this.#buckets.fill(0);
    this.count = 0;
  }

  /** Milliseconds below which `share` (0 to 1) of the samples are; NaN without any. */
  quantile(share: number): number {
    if (this.count === 0) return Number.NaN;
    let rest = share * this.count;
    for (const [bucket, samples] of this.#buckets.entries()) {
      rest -= samples;
      if (rest <= 0 && samples > 0) return LOWEST_MS * Math.exp(bucket * STEP);
    }
    return Number.NaN;
  }
}
