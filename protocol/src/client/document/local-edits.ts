import { mergeUpdates } from './merge-updates.js';

/** Gathers the edits of one tick into one update: a paste or a find-and-replace is many transactions. */
export class LocalEdits {
  private waiting: Uint8Array[] = [];

  constructor(private readonly flushed: (update: Uint8Array, edits: number) => void) {}

  get count(): number {
    return this.waiting.length;
  }

  add(update: Uint8Array): void {
    this.waiting.push(update);
    if (this.waiting.length === 1) queueMicrotask(() => this.flush());
  }

  /** At once; harmless when nothing waits. */
  flush(): void {
    if (this.waiting.length === 0) return;
    const updates = this.waiting;
    this.waiting = [];
    this.flushed(mergeUpdates(updates), updates.length);
  }
}
