import type { Clock } from '../client/clock.js';

/** A clock that stands until the test moves it. */
export class ManualClock implements Clock {
  private readonly timers = new Set<{ at: number; call: () => void }>();

  constructor(private time = 1_700_000_000_000) {}

  now(): number {
    return this.time;
  }

  after(ms: number, call: () => void): () => void {
    const timer = { at: this.time + ms, call };
    this.timers.add(timer);
    return () => this.timers.delete(timer);
  }

  /** Timers that still wait: none may be left when everything was closed. */
  get waiting(): number {
    return this.timers.size;
  }

  /** Moves on and calls what falls due on the way, in order. */
  advance(ms: number): void {
    const end = this.time + ms;
    for (;;) {
      const next = [...this.timers].filter(({ at }) => at <= end).sort((a, b) => a.at - b.at)[0];
      if (!next) break;
      this.timers.delete(next);
      this.time = Math.max(this.time, next.at);
      next.call();
    }
    this.time = end;
  }
}
