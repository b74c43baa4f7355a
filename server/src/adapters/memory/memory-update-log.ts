import type { DocumentKind } from '@tandem/protocol';
import {
  type AppendBatch,
  type AppendResult,
  type DocumentHead,
  type StoredDocument,
  type StoredRow,
  type StoredSnapshot,
  UpdateLog,
} from '../../core/document/update-log.js';

interface MemoryDocument {
  readonly projectId: string;
  readonly kind: DocumentKind;
  epoch: number;
  accessVersion: number;
  readonly rows: { userId: string; bytes: Uint8Array }[];
  snapshot: StoredSnapshot | undefined;
  readonly owners: Map<number, string>;
}

/** The log in memory, for simulations: the same promises, gone with the process. */
export class MemoryUpdateLog extends UpdateLog {
  readonly documents = new Map<string, MemoryDocument>();

  create(documentId: string, projectId: string, kind: DocumentKind = 'text'): void {
    this.documents.set(documentId, {
      projectId,
      kind,
      epoch: 1,
      accessVersion: 1,
      rows: [],
      snapshot: undefined,
      owners: new Map(),
    });
  }

  override async load(documentId: string): Promise<StoredDocument | undefined> {
    const document = this.documents.get(documentId);
    if (!document) return undefined;
    const { projectId, kind, epoch, accessVersion, snapshot } = document;
    return { projectId, kind, epoch, accessVersion, snapshot, rows: rowsAfter(document, snapshot?.seq ?? 0) };
  }

  override async rowsAfter(documentId: string, after: number): Promise<StoredRow[]> {
    const document = this.documents.get(documentId);
    return document ? rowsAfter(document, after) : [];
  }

  override async heads(documentIds: readonly string[]): Promise<ReadonlyMap<string, DocumentHead>> {
    const heads = new Map<string, DocumentHead>();
    for (const documentId of documentIds) {
      const document = this.documents.get(documentId);
      if (!document) continue;
      const { rows, epoch, accessVersion } = document;
      heads.set(documentId, { head: rows.length, epoch, accessVersion });
    }
    return heads;
  }

  override async append(batches: readonly AppendBatch[], _lane: number): Promise<AppendResult[]> {
    return batches.map(({ documentId, epoch, accessVersion, rows }): AppendResult => {
      const document = this.documents.get(documentId);
      if (!document) return { type: 'deleted' };
      if (document.epoch !== epoch || document.accessVersion !== accessVersion) {
        return { type: 'fenced', epoch: document.epoch, accessVersion: document.accessVersion };
      }
      const fromSeq = document.rows.length + 1;
      // Copies: a caller may reuse its buffers after the answer, as with a database.
      for (const { userId, bytes } of rows) document.rows.push({ userId, bytes: bytes.slice() });
      return { type: 'stored', fromSeq };
    });
  }

  override async bindClients(
    documentId: string,
    clientIds: readonly number[],
    userId: string,
  ): Promise<ReadonlyMap<number, string>> {
    const owners = this.documents.get(documentId)?.owners ?? new Map<number, string>();
    for (const clientId of clientIds) if (!owners.has(clientId)) owners.set(clientId, userId);
    return new Map(clientIds.map((clientId) => [clientId, owners.get(clientId)!]));
  }

  override async saveSnapshot(
    documentId: string,
    snapshot: StoredSnapshot,
    previousSeq: number,
    epoch: number,
  ): Promise<boolean> {
    const document = this.documents.get(documentId);
    if (!document || document.epoch !== epoch || (document.snapshot?.seq ?? 0) !== previousSeq) return false;
    if (snapshot.seq > document.rows.length) return false;
    document.snapshot = snapshot;
    return true;
  }

  override async close(): Promise<void> {}
}

function rowsAfter({ rows }: MemoryDocument, after: number): StoredRow[] {
  return rows.slice(after).map(({ bytes }, index) => ({ seq: after + index + 1, bytes }));
}
