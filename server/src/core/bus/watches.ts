export interface WatchesOptions {
  /** The topic has its first watcher. */
  readonly begun?: (topic: string) => void;
  /** The topic has lost its last watcher. */
  readonly ended?: (topic: string) => void;
}

/** How many want the messages of each topic. */
export class Watches {
  private readonly counts = new Map<string, number>();

  constructor(private readonly options: WatchesOptions = {}) {}

  /** Returns the call that ends it, which may be repeated without effect. */
  add(topic: string): () => void {
    const before = this.counts.get(topic) ?? 0;
    this.counts.set(topic, before + 1);
    if (before === 0) this.options.begun?.(topic);
    let isOver = false;
    return () => {
      if (isOver) return;
      isOver = true;
      this.remove(topic);
    };
  }

  has(topic: string): boolean {
    return this.counts.has(topic);
  }

  topics(): string[] {
    return [...this.counts.keys()];
  }

  private remove(topic: string): void {
    const left = (this.counts.get(topic) ?? 1) - 1;
    if (left > 0) {
      this.counts.set(topic, left);
    } else {
      this.counts.delete(topic);
      this.options.ended?.(topic);
    }
  }
}
