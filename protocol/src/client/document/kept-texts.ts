import type { ErrorCode } from '../../errors.js';
import type { KeptText } from '../outbox/kept-text.js';
import type { OutboxLane } from '../outbox/outbox-store.js';
import { randomId } from '../random-id.js';

/** The frozen texts of one document: in memory whole, and in the outbox for the next visit. */
export class KeptTexts {
  /** Oldest first; another array after every change. */
  all: readonly KeptText[] = [];
  private lane: OutboxLane | undefined;

  constructor(private readonly report: (error: unknown) => void) {}

  loaded(lane: OutboxLane): void {
    this.lane = lane;
    if (lane.kept.length > 0) this.all = [...lane.kept, ...this.all];
  }

  /** Called before the edits leave the outbox: a tab that crashes in between has them twice, not never. */
  keep(text: string, reason: ErrorCode, at: number): void {
    const kept = { id: randomId(), text, reason, at };
    this.all = [...this.all, kept];
    if (text !== '') this.lane?.keep(kept).catch(this.report);
  }

  async discard(id: string): Promise<void> {
    this.all = this.all.filter((kept) => kept.id !== id);
    await this.lane?.discard(id);
  }
}
