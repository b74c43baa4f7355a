import type { DocumentKind } from '@tandem/protocol';
import { checksum } from '../../core/document/checksum.js';
import {
  type AppendBatch,
  type AppendResult,
  type ClientOwner,
  type Damage,
  type DocumentHead,
  EMPTY_UPDATE,
  OutdatedState,
  type RowProvenance,
  StoredDataCorrupt,
  type StoredDocument,
  type StoredRow,
  type StoredSnapshot,
  UpdateLog,
} from '../../core/document/update-log.js';

export interface MemoryRow {
  readonly userId: string;
  readonly bytes: Uint8Array;
  readonly checksum: number;
  readonly provenance: RowProvenance | undefined;
}

export interface MemoryDocument {
  readonly projectId: string;
  readonly kind: DocumentKind;
  epoch: number;
  accessVersion: number;
  readonly rows: MemoryRow[];
  /** No state may stand before this row: the epoch began there, or retention has dropped what lies behind. */
  floor: number;
  snapshot: StoredSnapshot | undefined;
  readonly owners: Map<number, ClientOwner>;
  isDamaged: boolean;
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
      floor: 0,
      snapshot: undefined,
      owners: new Map(),
      isDamaged: false,
    });
  }

  /** The document begins anew (rule V5) with `content`, a snapshot and the same as one row. */
  reset(documentId: string, userId: string, content: { update: Uint8Array; snapshot: StoredSnapshot }): void {
    const document = this.documents.get(documentId)!;
    document.rows.push(toRow({ userId, bytes: content.update, provenance: undefined }));
    document.epoch++;
    document.floor = document.rows.length;
    document.snapshot = { ...content.snapshot, seq: document.floor };
  }

  override async load(documentId: string): Promise<StoredDocument | undefined> {
    const document = this.documents.get(documentId);
    if (!document) return undefined;
    const { projectId, kind, epoch, accessVersion, snapshot, isDamaged } = document;
    const after = snapshot?.seq ?? 0;
    const damage: Damage[] = [];
    const rows = rowsAfter(document, after, (seq) => damage.push({ part: 'row', seq, reason: 'checksum' }));
    const stored = { projectId, kind, epoch, accessVersion, snapshot, after, rows, damage, isDamaged };
    return { ...stored, isBaseLost: false };
  }

  override async rowsAfter(documentId: string, after: number): Promise<StoredRow[]> {
    const document = this.documents.get(documentId);
    if (!document) return [];
    if (document.floor > after) throw new OutdatedState(`${documentId} is beyond ${after}`);
    return rowsAfter(document, after, (seq) => {
      throw new StoredDataCorrupt(`row ${seq} of ${documentId} does not match its checksum`);
    });
  }

  override async heads(documentIds: readonly string[]): Promise<ReadonlyMap<string, DocumentHead>> {
    const heads = new Map<string, DocumentHead>();
    for (const documentId of documentIds) {
      const document = this.documents.get(documentId);
      if (!document) continue;
      const { rows, epoch, accessVersion, snapshot, isDamaged } = document;
      const head = { head: rows.length, epoch, accessVersion, snapshotSeq: snapshot?.seq ?? 0, isDamaged };
      heads.set(documentId, head);
    }
    return heads;
  }

  override async append(batches: readonly AppendBatch[], _lane: number): Promise<AppendResult[]> {
    return batches.map(({ documentId, epoch, accessVersion, after = 0, rows }): AppendResult => {
      const document = this.documents.get(documentId);
      if (!document) return { type: 'deleted' };
      if (document.epoch !== epoch || document.accessVersion !== accessVersion) {
        return { type: 'fenced', epoch: document.epoch, accessVersion: document.accessVersion };
      }
      if (document.rows.length < after) return { type: 'older', head: document.rows.length };
      const fromSeq = document.rows.length + 1;
      // Copies: a caller may reuse its buffers after the answer, as with a database.
      for (const row of rows) document.rows.push(toRow({ ...row, bytes: row.bytes.slice() }));
      return { type: 'stored', fromSeq };
    });
  }

  override async bindClients(
    documentId: string,
    clientIds: readonly number[],
    userId: string,
    instance?: string,
  ): Promise<ReadonlyMap<number, ClientOwner>> {
    const owners = this.documents.get(documentId)?.owners ?? new Map<number, ClientOwner>();
    for (const clientId of clientIds) if (!owners.has(clientId)) owners.set(clientId, { userId, instance });
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
    if (snapshot.seq > document.rows.length || snapshot.seq < previousSeq) return false;
    document.snapshot = snapshot;
    return true;
  }

  override async close(): Promise<void> {}
}

function rowsAfter({ rows }: MemoryDocument, after: number, damaged: (seq: number) => void): StoredRow[] {
  return rows.slice(after).map((row, index) => {
    const seq = after + index + 1;
    if (isSound(row)) return { seq, bytes: row.bytes };
    damaged(seq);
    return { seq, bytes: EMPTY_UPDATE };
  });
}

export function isSound({ bytes, checksum: sum }: MemoryRow): boolean {
  return checksum(bytes) === sum;
}

function toRow({ userId, bytes, provenance }: Omit<MemoryRow, 'checksum'>): MemoryRow {
  return { userId, bytes, provenance, checksum: checksum(bytes) };
}
