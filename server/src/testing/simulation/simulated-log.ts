import {
  type AppendBatch,
  type AppendResult,
  type ClientOwner,
  type DocumentHead,
  type StoredDocument,
  type StoredRow,
  type StoredSnapshot,
  UpdateLog,
} from '../../core/document/update-log.js';
import type { DatabaseLink } from './database-link.js';

/** The log as one node reaches it: late, failing or silent when the plan says so. */
export class SimulatedLog extends UpdateLog {
  constructor(protected readonly link: DatabaseLink) {
    super();
  }

  /** In two statements, as in PostgreSQL: rows may be written, and the document reset, between them. */
  override async load(documentId: string): Promise<StoredDocument | undefined> {
    const { log } = this.link.database;
    for (;;) {
      const found = await this.link.call('load', () => log.load(documentId));
      if (!found) return undefined;
      const later = await this.link.call('rows', () => log.load(documentId));
      if (!later) return undefined;
      // Rows that another pointer or another life of the document stands before do not continue what was read first.
      if (later.epoch !== found.epoch || later.after !== found.after) continue;
      return { ...found, rows: later.rows, damage: later.damage };
    }
  }

  override rowsAfter(documentId: string, after: number): Promise<StoredRow[]> {
    return this.link.call('rows', () => this.link.database.log.rowsAfter(documentId, after));
  }

  override heads(documentIds: readonly string[]): Promise<ReadonlyMap<string, DocumentHead>> {
    return this.link.call('heads', () => this.link.database.log.heads(documentIds));
  }

  override append(batches: readonly AppendBatch[], lane: number): Promise<AppendResult[]> {
    // What a caller changes after the call is not part of the statement.
    const statement = batches.map((batch) => ({ ...batch, rows: [...batch.rows] }));
    return this.link.call('append', () => this.link.database.append(statement, lane));
  }

  override bindClients(
    documentId: string,
    clientIds: readonly number[],
    userId: string,
    instance?: string,
  ): Promise<ReadonlyMap<number, ClientOwner>> {
    const ids = [...clientIds];
    return this.link.call('bind', () => this.link.database.log.bindClients(documentId, ids, userId, instance));
  }

  override saveSnapshot(
    documentId: string,
    snapshot: StoredSnapshot,
    previousSeq: number,
    epoch: number,
  ): Promise<boolean> {
    const { database } = this.link;
    return this.link.call('snapshot', () => database.log.saveSnapshot(documentId, snapshot, previousSeq, epoch));
  }

  override async close(): Promise<void> {}
}
