import type { Provenance } from '../../wire/provenance.js';
import { mergeUpdates } from './merge-updates.js';

/** What becomes one entry of the outbox. */
export interface GatheredEdits {
  readonly update: Uint8Array;
  /** How many edits are in it. */
  readonly edits: number;
  /** Whose text it is, when it is not the user's own: such an edit stays alone. */
  readonly provenance?: Provenance;
}

/**
 * Gathers the edits of one tick into one update: a paste or a find-and-replace is many transactions. An accepted
 * suggestion stands between those before and after it.
 */
export class LocalEdits {
  private waiting: { readonly updates: Uint8Array[]; readonly provenance?: Provenance }[] = [];

  constructor(private readonly flushed: (edits: GatheredEdits) => void) {}

  get count(): number {
    return this.waiting.reduce((sum, { updates }) => sum + updates.length, 0);
  }

  /** Whether text of this suggestion waits. */
  holds(completionId: string): boolean {
    return this.waiting.some(({ provenance }) => provenance?.completionId === completionId);
  }

  add(update: Uint8Array, provenance?: Provenance): void {
    if (this.waiting.length === 0) queueMicrotask(() => this.flush());
    const last = this.waiting.at(-1);
    if (last && !last.provenance && !provenance) last.updates.push(update);
    else this.waiting.push({ updates: [update], provenance });
  }

  /** At once; harmless when nothing waits. */
  flush(): void {
    const groups = this.waiting;
    this.waiting = [];
    for (const { updates, provenance } of groups) {
      this.flushed({ update: mergeUpdates(updates), edits: updates.length, ...(provenance && { provenance }) });
    }
  }
}
