/** A document that did not verify is looked at again after this long. */
const UNVERIFIED_MS = 24 * 60 * 60_000;
/** One that took too long, which may have been the machine: each time after twice as long, up to a day. */
const SLOW_MS = 30 * 60_000;

interface Doubt {
  readonly forMs: number;
  readonly until: number;
}

/** Documents that passes of retention leave alone for a while: each look at one may cost a thread a minute. */
export class Doubts {
  private readonly doubts = new Map<string, Doubt>();

  /** `now`: a clock that never goes back, in milliseconds. */
  constructor(private readonly now: () => number = () => performance.now()) {}

  has(documentId: string): boolean {
    return this.now() < (this.doubts.get(documentId)?.until ?? Number.NEGATIVE_INFINITY);
  }

  add(documentId: string, why: 'unverified' | 'slow'): void {
    const before = this.doubts.get(documentId)?.forMs ?? SLOW_MS / 2;
    const forMs = why === 'unverified' ? UNVERIFIED_MS : Math.min(2 * before, UNVERIFIED_MS);
    this.doubts.set(documentId, { forMs, until: this.now() + forMs });
  }

  /** It was brought to an end. */
  clear(documentId: string): void {
    this.doubts.delete(documentId);
  }
}
