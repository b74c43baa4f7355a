import type { ResetAnswer, ResetBody } from '@tandem/protocol/http';
import type { Memberships } from '../../core/access/memberships.js';
import type { HistoryWork } from '../../core/history/history-work.js';
import type { ResetDone, Resets } from '../../core/history/resets.js';
import { requireAccess } from './access.js';
import type { PastContents } from './past-contents.js';
import { refuse } from './refusals.js';

/** A document begins anew (decision 009). */
export class DocumentResets {
  constructor(
    private readonly contents: PastContents,
    private readonly work: HistoryWork,
    private readonly resets: Resets,
    private readonly memberships: Memberships,
    /** Tells the editors who have it open. */
    private readonly tell: (documentId: string, done: ResetDone) => Promise<void>,
  ) {}

  /** Not safe to repeat: each is another epoch. */
  async reset(userId: string, documentId: string, { empty, ...target }: ResetBody): Promise<ResetAnswer> {
    await requireAccess(this.memberships, userId, documentId, 'document.reset');
    const done = empty
      ? await this.resets.reset(userId, documentId, await this.work.fresh(undefined).catch(refuse), { empty })
      : await this.contents.at(userId, documentId, target, async (past, of) =>
          this.resets.reset(userId, documentId, await this.work.fresh(past), of),
        );
    await this.tell(documentId, done);
    return done;
  }
}
