import { TandemError } from '@tandem/protocol';

interface Bounds {
  /** Jobs at a time. */
  readonly running: number;
  /** Jobs that wait, beyond which new ones are refused. */
  readonly waiting: number;
  /** What a refused one is told to wait. */
  readonly retryAfterMs: number;
}

/** Runs few jobs at a time, in order, and refuses with `rate_limited` what would wait too long. */
export class BoundedGate {
  private running = 0;
  private readonly queue: (() => void)[] = [];

  constructor(private readonly bounds: Bounds) {}

  async run<T>(job: () => Promise<T>): Promise<T> {
    await this.enter();
    try {
      return await job();
    } finally {
      this.leave();
    }
  }

  private enter(): Promise<void> | undefined {
    if (this.running < this.bounds.running) {
      this.running += 1;
      return undefined;
    }
    if (this.queue.length >= this.bounds.waiting) {
      throw new TandemError('rate_limited', undefined, undefined, this.bounds.retryAfterMs);
    }
    return new Promise((resolve) => this.queue.push(resolve));
  }

  /** The place is handed on, not freed: a newcomer cannot slip in between. */
  private leave(): void {
    const next = this.queue.shift();
    if (next === undefined) this.running -= 1;
    else next();
  }
}
