import type { DocumentKind } from '@tandem/protocol';
import type { DataSource, QueryRunner } from 'typeorm';
import {
  type Damage,
  EMPTY_UPDATE,
  StoredDataCorrupt,
  type StoredDocument,
  type StoredRow,
  type StoredSnapshot,
} from '../../../core/document/update-log.js';
import { isUnreadable, translate } from './log-errors.js';
import { BATCH_ROWS, isSound, type RawRow, readBatch } from './stored-rows.js';
import { completeSnapshot, type FoundSnapshot, SNAPSHOT_COLUMNS } from './stored-snapshots.js';

interface DocumentRow {
  project_id: string;
  kind: DocumentKind;
  head: string;
  epoch: number;
  access_version: string;
  snapshot_id: string | null;
  snapshot_seq: string;
  history_seq: string;
  epoch_seq: string;
  is_damaged: boolean;
}

const DOCUMENT = `
SELECT project_id, kind, head, epoch, access_version, snapshot_id, snapshot_seq, history_seq, epoch_seq,
       damaged_at IS NOT NULL AS is_damaged
FROM documents WHERE id = $1 AND deleted_at IS NULL`;

/** Those that may stand in for the one that the document points to, the newest first. */
const CANDIDATES = `
SELECT id, seq FROM document_snapshots WHERE document_id = $1 AND seq BETWEEN $2 AND $3
ORDER BY id = $4 DESC, seq DESC, created_at DESC`;

const SNAPSHOT = `SELECT s.id AS snapshot_id, ${SNAPSHOT_COLUMNS} FROM document_snapshots s WHERE s.id = $1`;

/** Rows without compaction; a head beyond that is damaged itself, and would be walked for hours. */
const MAX_ROWS = 5_000_000;

/**
 * Reads what can be read of a document that looks damaged, in one transaction: what only changed between two statements turns
 * out sound here. The newest snapshot that is sound stands in for a bad one, and all rows after it are read: nothing is lost
 * then. Rejects with StoreUnavailable, and with StoredDataCorrupt when not even that can be told.
 */
export async function salvage(dataSource: DataSource, documentId: string): Promise<StoredDocument | undefined> {
  const runner = dataSource.createQueryRunner();
  try {
    await runner.startTransaction('REPEATABLE READ');
    // A scan, which is faster in a small table, would read the damaged pages of other documents as well.
    await runner.query('SET LOCAL enable_seqscan = off');
    return await new Salvage(runner, documentId).read();
  } catch (error) {
    if (error instanceof StoredDataCorrupt) throw error;
    if (isUnreadable(error)) throw new StoredDataCorrupt(`${documentId} cannot be read`, { cause: error });
    return translate(error);
  } finally {
    await runner.rollbackTransaction().catch(() => undefined);
    await runner.release();
  }
}

class Salvage {
  private readonly damage: Damage[] = [];

  constructor(
    private readonly runner: QueryRunner,
    private readonly documentId: string,
  ) {}

  async read(): Promise<StoredDocument | undefined> {
    const [row] = await this.query<DocumentRow>(DOCUMENT, [this.documentId]);
    if (!row) return undefined;
    const [history, epoch] = [Number(row.history_seq), Number(row.epoch_seq)];
    const snapshot = await this.snapshot(row, Math.max(history, epoch));
    // The row that an epoch begins with holds the whole document.
    const after = snapshot?.seq ?? (epoch > history ? epoch - 1 : history);
    return {
      projectId: row.project_id,
      kind: row.kind,
      epoch: row.epoch,
      accessVersion: Number(row.access_version),
      snapshot,
      after,
      rows: await this.rows(after, Number(row.head)),
      damage: this.damage,
      isDamaged: row.is_damaged,
      isBaseLost: !snapshot && after > 0 && epoch <= history,
    };
  }

  private async snapshot(document: DocumentRow, floor: number): Promise<StoredSnapshot | undefined> {
    const pointer = Number(document.snapshot_seq);
    const found = await this.query<{ id: string; seq: string }>(CANDIDATES, [
      this.documentId,
      floor,
      pointer,
      document.snapshot_id,
    ]);
    const pointed = found.find(({ id }) => id === document.snapshot_id);
    if (pointer > 0 && !pointed) this.damage.push({ part: 'snapshot', seq: pointer, reason: 'missing' });
    for (const { id, seq } of found) {
      const whole = await this.attempt(() =>
        this.readSnapshot(id, id === document.snapshot_id ? pointer : Number(seq)),
      );
      if (whole !== 'unreadable' && whole) return whole;
      const reason = whole === 'unreadable' ? whole : 'checksum';
      this.damage.push({ part: 'snapshot', seq: Number(seq), reason, id });
    }
    return undefined;
  }

  /** Undefined when it does not match its checksum, or stands for another `seq`. */
  private async readSnapshot(id: string, seq: number): Promise<StoredSnapshot | undefined> {
    const [found] = await this.query<FoundSnapshot>(SNAPSHOT, [id]);
    if (!found || Number(found.stored_seq) !== seq) return undefined;
    return completeSnapshot(this.query, found).catch((error: unknown) => {
      if (error instanceof StoredDataCorrupt) return undefined;
      throw error;
    });
  }

  private async rows(after: number, head: number): Promise<StoredRow[]> {
    if (head - after > MAX_ROWS) throw new StoredDataCorrupt(`${this.documentId} says that it has ${head} rows`);
    const rows: StoredRow[] = [];
    for (let from = after; from < head; from += BATCH_ROWS) {
      const upTo = Math.min(head, from + BATCH_ROWS);
      const found = new Map<number, RawRow | 'unreadable'>();
      await this.collect(from, upTo, found);
      for (let seq = from + 1; seq <= upTo; seq++) rows.push(this.judge(seq, found.get(seq)));
    }
    return rows;
  }

  private judge(seq: number, row: RawRow | 'unreadable' | undefined): StoredRow {
    if (row && row !== 'unreadable' && isSound(row)) return { seq, bytes: row.bytes };
    const reason = row === undefined ? 'missing' : row === 'unreadable' ? row : 'checksum';
    this.damage.push({ part: 'row', seq, reason });
    return { seq, bytes: EMPTY_UPDATE };
  }

  /** Where the database cannot read a range, halves it, down to the rows that it cannot read. */
  private async collect(from: number, upTo: number, found: Map<number, RawRow | 'unreadable'>): Promise<void> {
    const batch = await this.attempt(() => readBatch(this.query, this.documentId, from, upTo));
    if (batch !== 'unreadable') for (const row of batch?.rows ?? []) found.set(row.seq, row);
    else if (upTo - from === 1) found.set(upTo, 'unreadable');
    else {
      const middle = from + Math.floor((upTo - from) / 2);
      await this.collect(from, middle, found);
      await this.collect(middle, upTo, found);
    }
  }

  /** A statement that fails would end the transaction. */
  private async attempt<T>(read: () => Promise<T>): Promise<T | 'unreadable'> {
    await this.runner.query('SAVEPOINT attempt');
    try {
      const result = await read();
      await this.runner.query('RELEASE SAVEPOINT attempt');
      return result;
    } catch (error) {
      if (!isUnreadable(error)) throw error;
      await this.runner.query('ROLLBACK TO SAVEPOINT attempt');
      return 'unreadable';
    }
  }

  private readonly query = async <Row>(sql: string, parameters: readonly unknown[]): Promise<Row[]> =>
    this.runner.query(sql, [...parameters]);
}
