/** Lets `burst` through at once and `perSecond` on and on. Times are milliseconds of any steady clock. */
export class TokenBucket {
  private tokens: number;
  private last: number | undefined;

  constructor(
    private readonly burst: number,
    private readonly perSecond: number,
  ) {
    this.tokens = burst;
  }

  /** 0: let through. Else how long to wait, in milliseconds, and nothing was taken. */
  take(now: number): number {
    this.refill(now);
    if (this.tokens < 1) return this.waitFor(1);
    this.tokens -= 1;
    return 0;
  }

  /** Takes what has happened already, on credit if need be; answers how long there should be nothing more. */
  charge(cost: number, now: number): number {
    this.refill(now);
    this.tokens -= cost;
    return this.tokens >= 0 ? 0 : this.waitFor(0);
  }

  /** As good as new. */
  isFull(now: number): boolean {
    this.refill(now);
    return this.tokens >= this.burst;
  }

  private refill(now: number): void {
    this.tokens = Math.min(this.burst, this.tokens + ((now - (this.last ?? now)) * this.perSecond) / 1000);
    this.last = now;
  }

  private waitFor(tokens: number): number {
    return Math.ceil(((tokens - this.tokens) * 1000) / this.perSecond);
  }
}
