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

  /** 0: let through. Else how long to wait, in milliseconds. */
  take(now: number): number {
    this.tokens = Math.min(this.burst, this.tokens + ((now - (this.last ?? now)) * this.perSecond) / 1000);
    this.last = now;
    if (this.tokens < 1) return Math.ceil(((1 - this.tokens) * 1000) / this.perSecond);
    this.tokens -= 1;
    return 0;
  }
}
