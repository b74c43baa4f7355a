import type { AiRequests, ClaimedAnalysis, ClaimedCompletion } from '../../../core/ai/ai-requests.js';

/** Takes requests up. One that is cancelled while the record's answer is on its way is not begun. */
export class Claims {
  private readonly pending = new Map<string, { isCancelled: boolean }>();

  constructor(private readonly requests: AiRequests) {}

  /** As `AiRequests.claim`. */
  async take(id: string, staleMs: number, attempt?: number): Promise<ClaimedCompletion | ClaimedAnalysis | undefined> {
    const pending = { isCancelled: false };
    this.pending.set(id, pending);
    try {
      const claim = await this.requests.claim(id, staleMs, attempt);
      return pending.isCancelled ? undefined : claim;
    } finally {
      if (this.pending.get(id) === pending) this.pending.delete(id);
    }
  }

  /** Who cancels has written it down before: a claim that comes later finds nothing. */
  cancel(id: string): void {
    const pending = this.pending.get(id);
    if (pending) pending.isCancelled = true;
  }
}
