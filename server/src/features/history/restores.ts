import { TandemError } from '@tandem/protocol';
import type { RestoreAnswer, RestoreBody } from '@tandem/protocol/http';
import { identityOf } from '../../core/access/identity.js';
import type { Memberships } from '../../core/access/memberships.js';
import type { HistoryWork } from '../../core/history/history-work.js';
import type { AuthenticatedUser } from '../../platform/http/current-user.decorator.js';
import { requireAccess } from './access.js';
import type { PastContents } from './past-contents.js';
import type { ServerEdits } from './server-edits.js';

/** A text of before comes back as an edit, while others go on (decision 009). */
export class Restores {
  constructor(
    private readonly contents: PastContents,
    private readonly work: HistoryWork,
    private readonly edits: ServerEdits,
    private readonly memberships: Memberships,
  ) {}

  /** Safe to repeat: the second time there is nothing to change. */
  async restore(
    { userId, displayName }: AuthenticatedUser,
    documentId: string,
    body: RestoreBody,
  ): Promise<RestoreAnswer> {
    const { kind } = await requireAccess(this.memberships, userId, documentId, 'history.restore');
    if (kind !== 'text') throw new TandemError('schema_violation', 'A document of kind free can only be reset');
    return this.contents.at(userId, documentId, body, (past, of) =>
      this.edits.edit(
        identityOf(userId, displayName),
        documentId,
        (update, clientId) => this.work.restore(update, past, clientId),
        { restore: of },
      ),
    );
  }
}
