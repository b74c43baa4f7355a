import { TandemError } from '@tandem/protocol';
import type { HistorySource } from '@tandem/protocol/http';
import type { HistoryWork } from '../../core/history/history-work.js';
import type { Moment, PastDocument, PastDocuments } from '../../core/history/past-documents.js';
import { PastTexts } from '../../core/history/past-texts.js';
import type { Versions } from '../../core/history/versions.js';
import { HeavyWork } from './heavy-work.js';
import { refuse } from './refusals.js';

/** Exactly one of them is there. */
export interface Target {
  readonly seq?: number | undefined;
  readonly at?: number | undefined;
  readonly versionId?: string | undefined;
}

/** Documents as they were, a few at a time. */
export class PastContents extends PastTexts {
  private readonly heavy = new HeavyWork();

  constructor(
    private readonly past: PastDocuments,
    private readonly versions: Versions,
    private readonly work: HistoryWork,
  ) {
    super();
  }

  override text(documentId: string, moment: Moment): Promise<{ text: string; seq: number }> {
    return this.with(
      () => this.past.at(documentId, moment),
      async (past) => ({ text: await this.work.text(past), seq: past.seq }),
    );
  }

  versionText(userId: string, documentId: string, versionId: string): Promise<string> {
    return this.with(
      () => this.versions.state(userId, documentId, versionId),
      (past) => {
        if (past.kind !== 'text') throw new TandemError('schema_violation', 'Only documents of kind text have a text');
        return this.work.text(past);
      },
    );
  }

  /** Does something with what is named, whose place in history is `of`. */
  at<T>(
    userId: string,
    documentId: string,
    { versionId, seq, at }: Target,
    use: (past: PastDocument, of: Extract<HistorySource, { seq: number }>) => Promise<T>,
  ): Promise<T> {
    const moment = seq !== undefined ? { seq } : at !== undefined ? { at } : 'now';
    return this.with(
      () => (versionId ? this.versions.state(userId, documentId, versionId) : this.past.at(documentId, moment)),
      (past) => use(past, { seq: past.seq, ...(versionId && { versionId }) }),
    );
  }

  private async with<T>(read: () => Promise<PastDocument>, use: (past: PastDocument) => Promise<T>): Promise<T> {
    return this.heavy.run(async () => use(await read())).catch(refuse);
  }
}
