const BASE_MS = 100;
/** Also what other editors' providers use; the jitter keeps a restarted server from a wave. */
export const MAX_BACKOFF_MS = 2_500;

/** Exponential backoff with full jitter: a uniform draw from zero to the cap of the attempt. */
export class Backoff {
  private attempts = 0;

  constructor(private readonly random: () => number) {}

  next(): number {
    const cap = Math.min(MAX_BACKOFF_MS, BASE_MS * 2 ** this.attempts);
    this.attempts += 1;
    return this.random() * cap;
  }

  reset(): void {
    this.attempts = 0;
  }
}
