interface Waiting {
  readonly since: number;
  readonly admit: () => void;
  readonly refuse: () => void;
}

export interface AdmissionBounds {
  /** How many are in at once. */
  readonly slots: number;
  /** How many may wait. */
  readonly waiting: number;
  /** For how long, in milliseconds. */
  readonly patienceMs: number;
}

/**
 * Lets so many in at once; the others wait, bounded in number and time. Each key is served in its order, and the keys take
 * turns: who asks for a thousand things waits for them, and not the one behind him who asks for one.
 */
export class AdmissionQueue<Key> {
  private readonly queues = new Map<Key, Waiting[]>();
  private inside = 0;
  private waitingCount = 0;

  constructor(private readonly bounds: AdmissionBounds) {}

  get size(): number {
    return this.waitingCount;
  }

  /**
   * True: in, or waiting, and then either `admit` or `refuse` is called later, once. False: there are too many. Who is in
   * calls `leave`.
   */
  enter(key: Key, now: number, admit: () => void, refuse: () => void): boolean {
    if (this.inside < this.bounds.slots) {
      this.inside++;
      admit();
      return true;
    }
    if (this.waitingCount >= this.bounds.waiting) return false;
    const queue = this.queues.get(key);
    const entry = { since: now, admit, refuse };
    if (queue) queue.push(entry);
    else this.queues.set(key, [entry]);
    this.waitingCount++;
    return true;
  }

  leave(): void {
    this.inside--;
    const next = this.next();
    if (!next) return;
    this.inside++;
    next.admit();
  }

  /** Refuses who has waited too long. */
  expire(now: number): void {
    for (const [key, queue] of this.queues) {
      const isOver = ({ since }: Waiting) => now - since >= this.bounds.patienceMs;
      const firstToStay = queue.findIndex((waiting) => !isOver(waiting));
      if (firstToStay !== 0) this.dismiss(key, queue.splice(0, firstToStay < 0 ? queue.length : firstToStay));
    }
  }

  /** The connection is gone: what waits for it is refused. */
  forget(key: Key): void {
    const queue = this.queues.get(key);
    if (queue) this.dismiss(key, queue.splice(0));
  }

  private next(): Waiting | undefined {
    for (const [key, queue] of this.queues) {
      const waiting = queue.shift()!;
      this.waitingCount--;
      // To the end of the round.
      this.queues.delete(key);
      if (queue.length > 0) this.queues.set(key, queue);
      return waiting;
    }
    return undefined;
  }

  private dismiss(key: Key, refused: readonly Waiting[]): void {
    this.waitingCount -= refused.length;
    if (this.queues.get(key)?.length === 0) this.queues.delete(key);
    for (const waiting of refused) waiting.refuse();
  }
}
