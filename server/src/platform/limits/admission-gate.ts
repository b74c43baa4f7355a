import { type AdmissionBounds, AdmissionQueue } from '../../core/limits/admission-queue.js';
import { retryLater } from '../../core/limits/retry-later.js';

/** How often it is looked who has waited too long, in milliseconds. */
const LOOK_MS = 250;
/** Who is sent away comes back after this at the soonest, in milliseconds. */
const COME_BACK_MS = 1000;

/** Lets so many in at once; see AdmissionQueue. */
export class AdmissionGate<Key> {
  private readonly queue: AdmissionQueue<Key>;
  private timer: NodeJS.Timeout | undefined;

  constructor(bounds: AdmissionBounds) {
    this.queue = new AdmissionQueue(bounds);
  }

  /** How many wait. */
  get waiting(): number {
    return this.queue.size;
  }

  /**
   * Resolves when it is the caller's turn, to the function that ends it; only its first call counts. Rejects with
   * TandemError `overloaded`.
   */
  enter(key: Key): Promise<() => void> {
    return new Promise((resolve, reject) => {
      const refuse = () => reject(retryLater('overloaded', COME_BACK_MS, Math.random()));
      if (!this.queue.enter(key, performance.now(), () => resolve(this.exit()), refuse)) refuse();
      else if (this.queue.size > 0) this.watch();
    });
  }

  /** What waits under the key is sent away: its connection is gone. */
  forget(key: Key): void {
    this.queue.forget(key);
  }

  private exit(): () => void {
    let isOut = false;
    return () => {
      if (isOut) return;
      isOut = true;
      this.queue.leave();
    };
  }

  private watch(): void {
    this.timer ??= setInterval(() => {
      this.queue.expire(performance.now());
      if (this.queue.size > 0) return;
      clearInterval(this.timer);
      this.timer = undefined;
    }, LOOK_MS).unref();
  }
}
