import type { Logger } from 'pino';
import { StoredDataCorrupt } from '../../core/document/update-log.js';
import { type HistoryWork, WorkGivenUp } from '../../core/history/history-work.js';
import type { KeptTable, RetentionSession } from '../../core/history/retention-store.js';
import { DocumentCut, Unverified } from './document-cut.js';
import type { Doubts } from './doubts.js';
import type { RetentionPace } from './retention-pace.js';

/** Is told what went, for metrics. Must not throw. */
export interface RetentionObserver {
  deleted(table: KeptTable, rows: number): void;
  /** A document keeps all it has: what its rows and snapshots say could not be read, or not be brought together. */
  unverified(): void;
}

/** Documents of one look, which costs each of them some reads of an index. */
const LOOK = 200;
/** Deleted documents of one look. */
const PAGE = 50;
/** A snapshot takes the place of so many rows. */
const ROWS_OF_A_SNAPSHOT = 100;

/**
 * One pass of retention (decision 009). Each step leaves the database whole: a pass that is killed anywhere is gone on with by
 * the next. What the database cannot read holds up nothing but what it is of.
 */
export class RetentionPass {
  private readonly counts = new Map<KeptTable, number>();

  constructor(
    private readonly session: RetentionSession,
    private readonly work: HistoryWork,
    private readonly pace: RetentionPace,
    /** Documents that are left alone. */
    private readonly doubts: Doubts,
    private readonly observer: RetentionObserver,
    private readonly logger: Logger,
  ) {}

  /**
   * Rejects with what the database or `pause` rejects with; and, when all the rest is done, with the first StoredDataCorrupt of
   * a table that could not be read.
   */
  async run(): Promise<void> {
    const unread: StoredDataCorrupt[] = [];
    for (const [what, step] of this.steps()) {
      try {
        await step();
      } catch (error) {
        if (!(error instanceof StoredDataCorrupt)) throw error;
        this.logger.error({ err: error }, `retention cannot read ${what}`);
        unread.push(new StoredDataCorrupt(`retention cannot read ${what}`, { cause: error }));
      }
    }
    if (unread[0]) throw unread[0];
  }

  private *steps(): Generator<[what: string, step: () => Promise<void>]> {
    yield ['documents', () => this.eachPage(LOOK, this.session.documents, (page) => this.cutDocuments(page))];
    yield ['deleted documents', () => this.buryDocuments()];
    for (const { table, delete: deleteSome } of this.session.leftovers) {
      yield [table, () => this.repeat(table, () => deleteSome(this.pace.batchRows))];
    }
    for (const [table, rows] of this.counts) yield [table, () => this.vacuum(table, rows)];
  }

  private async cutDocuments(documentIds: readonly string[]): Promise<void> {
    const cut = new DocumentCut(this.session, this.work, this.pace, (rows) => this.count('document_updates', rows));
    const certain = documentIds.filter((documentId) => !this.doubts.has(documentId));
    await this.apart(certain, async (some) => {
      for (const document of await this.session.expired(some)) {
        await this.watching(document.documentId, async () => {
          await cut.run(document);
          this.doubts.clear(document.documentId);
        });
        await this.pace.pause();
      }
    });
    await this.apart(documentIds, async (some) =>
      this.count('document_snapshots', await this.session.deleteSnapshots(some)),
    );
  }

  private buryDocuments(): Promise<void> {
    return this.eachPage(PAGE, this.session.deadDocuments, async (documentIds) => {
      for (const documentId of documentIds) {
        if (!this.doubts.has(documentId)) await this.watching(documentId, () => this.bury(documentId));
      }
    });
  }

  private async bury(documentId: string): Promise<void> {
    for (let isDone = false; !isDone; ) {
      const buried = await this.session.bury(documentId, this.pace.batchRows);
      this.count('document_updates', buried.rows);
      isDone = buried.isDone;
      await this.pace.pause();
    }
    this.count('documents', 1);
  }

  private async eachPage(
    limit: number,
    ask: (after: string | undefined, limit: number) => Promise<string[]>,
    take: (documentIds: string[]) => Promise<void>,
  ): Promise<void> {
    for (let after: string | undefined, isLast = false; !isLast; ) {
      const documentIds = await ask.call(this.session, after, limit);
      if (documentIds.length > 0) await take(documentIds);
      after = documentIds.at(-1);
      isLast = documentIds.length < limit;
      await this.pace.pause();
    }
  }

  /** Asks for all of them at once; where something cannot be read, for halves of them, down to the document that it is of. */
  private async apart(
    documentIds: readonly string[],
    work: (documentIds: readonly string[]) => Promise<void>,
  ): Promise<void> {
    const [only] = documentIds;
    if (only === undefined) return;
    if (documentIds.length === 1) return this.watching(only, () => work(documentIds));
    try {
      await work(documentIds);
    } catch (error) {
      if (!(error instanceof StoredDataCorrupt)) throw error;
      const middle = documentIds.length >> 1;
      await this.apart(documentIds.slice(0, middle), work);
      await this.apart(documentIds.slice(middle), work);
    }
  }

  /** What is wrong with one document keeps the pass from no other. */
  private async watching(documentId: string, work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      const isSlow = error instanceof WorkGivenUp && error.reason === 'timeout';
      if (!isSlow && !(error instanceof Unverified) && !(error instanceof StoredDataCorrupt)) throw error;
      if (isSlow) {
        this.doubts.add(documentId, 'slow');
        this.logger.warn({ documentId }, 'history was not cut, as it took too long: it is tried again');
      } else if (!this.doubts.has(documentId)) {
        this.doubts.add(documentId, 'unverified');
        this.observer.unverified();
        this.logger.error({ err: error, documentId }, 'history cannot be cut: the document keeps all of it');
      }
    }
  }

  private async repeat(table: KeptTable, deleteSome: () => Promise<number>): Promise<void> {
    for (let deleted = this.pace.batchRows; deleted >= this.pace.batchRows; ) {
      deleted = await deleteSome();
      this.count(table, deleted);
      await this.pace.pause();
    }
  }

  private count(table: KeptTable, rows: number): void {
    if (rows === 0) return;
    this.counts.set(table, (this.counts.get(table) ?? 0) + rows);
    this.observer.deleted(table, rows);
  }

  private async vacuum(table: KeptTable, rows: number): Promise<void> {
    if (rows * (table === 'document_snapshots' ? ROWS_OF_A_SNAPSHOT : 1) < this.pace.vacuumRows) return;
    this.logger.info({ table, rows }, 'a vacuum after large deletions');
    await this.session.vacuum(table);
    await this.pace.pause();
  }
}
