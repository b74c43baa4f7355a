import type { Provenance } from '@tandem/protocol';
import type { Logger } from 'pino';
import type { AiRequests } from '../../../core/ai/ai-requests.js';

/** Notes in the record which structs hold accepted text, so that the end of a suggestion can name them. */
export class Acceptances {
  private readonly underWay = new Map<string, Promise<void>>();

  constructor(
    private readonly requests: AiRequests,
    private readonly logger: Logger,
  ) {}

  note({ completionId, client, clock, length }: Provenance): void {
    const noted = this.settled(completionId)
      .then(() => this.requests.accepted(completionId, { client, clock, length }))
      .catch((error: unknown) => {
        // The log has it all the same; only `completion:closed` does not tell.
        this.logger.warn({ err: error, completionId }, 'an acceptance could not be noted');
      });
    this.underWay.set(completionId, noted);
    void noted.then(() => {
      if (this.underWay.get(completionId) === noted) this.underWay.delete(completionId);
    });
  }

  /** Resolves when all that was accepted of a suggestion so far is noted. */
  async settled(completionId: string): Promise<void> {
    await this.underWay.get(completionId);
  }
}
