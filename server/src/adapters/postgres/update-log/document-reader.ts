import type { DocumentKind } from '@tandem/protocol';
import type { DataSource } from 'typeorm';
import {
  OutdatedState,
  StoredDataCorrupt,
  type StoredDocument,
  type StoredRow,
} from '../../../core/document/update-log.js';
import { isUnreadable, translate } from './log-errors.js';
import { salvage } from './salvage.js';
import { type Query, readRows } from './stored-rows.js';
import { completeSnapshot, type FoundSnapshot, SNAPSHOT_COLUMNS } from './stored-snapshots.js';

interface DocumentRow extends Partial<FoundSnapshot> {
  project_id: string;
  kind: DocumentKind;
  head: string;
  epoch: number;
  access_version: string;
  snapshot_seq: string;
  is_damaged: boolean;
  snapshot_id: string;
}

const LOAD = `
SELECT d.project_id, d.kind, d.head, d.epoch, d.access_version, d.snapshot_seq, d.snapshot_id,
       d.damaged_at IS NOT NULL AS is_damaged, ${SNAPSHOT_COLUMNS}
FROM documents d LEFT JOIN document_snapshots s ON s.id = d.snapshot_id
WHERE d.id = $1 AND d.deleted_at IS NULL`;

/** How often a load begins anew because retention or a reset came between its statements: each comes once in hours. */
const LOAD_ATTEMPTS = 3;

/** Reads documents in pieces, of which none holds the thread for long. */
export class DocumentReader {
  private readonly query: Query;

  constructor(private readonly dataSource: DataSource) {
    this.query = async (sql, parameters) => dataSource.query(sql, [...parameters]).catch(translate);
  }

  /** As `UpdateLog.load`. What looks damaged is read again, as it stood at one moment, before it counts as damaged. */
  async load(documentId: string): Promise<StoredDocument | undefined> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.loadSound(documentId);
      } catch (error) {
        if (error instanceof OutdatedState && attempt < LOAD_ATTEMPTS) continue;
        if (!isSuspicious(error)) throw error;
        return await salvage(this.dataSource, documentId);
      }
    }
  }

  /** As `UpdateLog.rowsAfter`. */
  async rowsAfter(documentId: string, after: number): Promise<StoredRow[]> {
    try {
      return await readRows(this.query, documentId, after);
    } catch (error) {
      if (!isUnreadable(error)) throw error;
      throw new StoredDataCorrupt(`the rows of ${documentId} after ${after} cannot be read`, { cause: error });
    }
  }

  private async loadSound(documentId: string): Promise<StoredDocument | undefined> {
    const [row] = await this.query<DocumentRow>(LOAD, [documentId]);
    if (!row) return undefined;
    const after = Number(row.snapshot_seq);
    if (Number(row.stored_seq ?? 0) !== after) throw new StoredDataCorrupt(`${documentId} points to another snapshot`);
    const snapshot = row.structs ? await completeSnapshot(this.query, row as FoundSnapshot) : undefined;
    const rows = await readRows(this.query, documentId, after);
    // Rows are read after the head, so there may be more of them, never fewer.
    if (after + rows.length < Number(row.head)) throw new StoredDataCorrupt(`rows of ${documentId} are missing`);
    return {
      projectId: row.project_id,
      kind: row.kind,
      epoch: row.epoch,
      accessVersion: Number(row.access_version),
      snapshot,
      after,
      rows,
      damage: [],
      isDamaged: row.is_damaged,
      isBaseLost: false,
    };
  }
}

function isSuspicious(error: unknown): boolean {
  return error instanceof StoredDataCorrupt || error instanceof OutdatedState || isUnreadable(error);
}
