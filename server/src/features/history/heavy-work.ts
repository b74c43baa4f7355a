import { TandemError } from '@tandem/protocol';

/** Documents of the past that are in memory at once; the threads that work on them are as many. */
const AT_ONCE = 2;
const MOST_WAITING = 30;
const RETRY_AFTER_MS = 1_000;

/** Bounds what people can make a node hold and do by asking for history: each asks for a whole document and its rows. */
export class HeavyWork {
  private running = 0;
  private readonly waiting: (() => void)[] = [];

  /** Rejects with TandemError `overloaded` when too many wait, else as `work`. */
  async run<T>(work: () => Promise<T>): Promise<T> {
    if (this.running < AT_ONCE) this.running++;
    else {
      if (this.waiting.length >= MOST_WAITING) throw overloaded();
      // Whoever ends hands his place on.
      await new Promise<void>((resolve) => this.waiting.push(resolve));
    }
    try {
      return await work();
    } finally {
      const next = this.waiting.shift();
      if (next) next();
      else this.running--;
    }
  }
}

function overloaded(): TandemError {
  return new TandemError('overloaded', undefined, undefined, RETRY_AFTER_MS);
}
