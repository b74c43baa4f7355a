import type { PoolClient, QueryResult } from 'pg';
import { StoredDataCorrupt, type StoredSnapshot } from '../../../core/document/update-log.js';
import type { PastDocument } from '../../../core/history/past-documents.js';
import type {
  Checkpoint,
  ExpiredDocument,
  KeptTable,
  Leftover,
  RetentionSession,
} from '../../../core/history/retention-store.js';
import { dispensable, type SnapshotPlace } from '../../../core/history/thinning.js';
import { isUnreadable } from '../update-log/log-errors.js';
import type { Query } from '../update-log/stored-rows.js';
import { LAST_ROW_AT } from './past-documents.js';
import { epochOf, replayed } from './replay.js';
import {
  ADVANCE,
  BURY,
  BURY_ROWS,
  DEAD_DOCUMENTS,
  DELETE_ROWS,
  DELETE_SNAPSHOTS,
  DOCUMENTS,
  EXPIRED,
  leftoverQueries,
  NEWEST_SNAPSHOT,
  SNAPSHOT_PLACES,
  STEP,
} from './retention-sql.js';
import { INSERT_SNAPSHOT, readSnapshot, SNAPSHOT_AT, snapshotValues } from './snapshot-rows.js';

export interface RetentionDays {
  /** Where a project says nothing else; 0: all. */
  readonly historyDays: number;
  /** Seconds. */
  readonly accessTokenTtl: number;
}

const FIRST_ID = '00000000-0000-0000-0000-000000000000';

/** Nobody waits for retention: a large table, or a disk that is busy, must not end it. */
const STATEMENT_MS = 5 * 60_000;
/** At its slow pace a vacuum of a large table takes hours. */
const VACUUM_MS = 12 * 60 * 60_000;

/** What a pass asks the database for, over the connection that holds the lock. */
export class PostgresRetentionSession implements RetentionSession {
  readonly leftovers: readonly Leftover[];

  constructor(
    private readonly client: PoolClient,
    private readonly days: RetentionDays,
    private readonly bytesBetween: number,
  ) {
    this.leftovers = leftoverQueries(days.historyDays, days.accessTokenTtl).map(({ table, sql, values }) => ({
      table,
      delete: (limit) => this.change(sql, [...values, limit]),
    }));
  }

  async documents(after: string | undefined, limit: number): Promise<string[]> {
    return (await this.query<{ id: string }>(DOCUMENTS, [after ?? FIRST_ID, limit])).map(({ id }) => id);
  }

  async expired(documentIds: readonly string[]): Promise<ExpiredDocument[]> {
    const found = await this.query<{
      id: string;
      history_seq: string;
      head: string;
      is_limited: boolean;
      keep_from: number;
    }>(EXPIRED, [this.days.historyDays, documentIds]);
    const documents: ExpiredDocument[] = [];
    for (const { id, history_seq, head, is_limited, keep_from } of found) {
      // The last row that is older; one that is stored right then stays.
      const values = [id, history_seq, head, keep_from - 1];
      const [last] = is_limited ? await this.query<{ seq: string }>(LAST_ROW_AT, values) : [{ seq: history_seq }];
      documents.push({ documentId: id, historySeq: Number(history_seq), cut: Number(last!.seq) });
    }
    return documents;
  }

  async newestSnapshot(documentId: string, after: number, upTo: number): Promise<number | undefined> {
    const [row] = await this.query<{ seq: string | null }>(NEWEST_SNAPSHOT, [documentId, after, upTo]);
    return row?.seq == null ? undefined : Number(row.seq);
  }

  async stepFrom(
    documentId: string,
    after: number,
    upTo: number,
    { rows, bytes }: { rows: number; bytes: number },
  ): Promise<number> {
    const { epochSeq } = await epochOf(this.query, documentId, upTo);
    // What an earlier epoch held is not replayed.
    const from = Math.max(after, epochSeq - 1);
    const [row] = await this.query<{ seq: string | null }>(STEP, [documentId, from, upTo, rows, bytes]);
    return Number(row?.seq ?? upTo);
  }

  /** No other node deletes, so that its statements need not see the same moment. */
  replayed(documentId: string, after: number, seq: number): Promise<PastDocument> {
    return replayed(this.query, documentId, after, seq);
  }

  async save(documentId: string, snapshot: StoredSnapshot): Promise<void> {
    await this.change(INSERT_SNAPSHOT, snapshotValues(documentId, snapshot));
  }

  readBack(documentId: string, seq: number): Promise<Checkpoint | undefined> {
    return readSnapshot(this.query, SNAPSHOT_AT, [documentId, seq]);
  }

  async advance(documentId: string, from: number, { id, snapshot }: Checkpoint): Promise<boolean> {
    return (await this.change(ADVANCE, [documentId, from, snapshot.seq, id])) === 1;
  }

  deleteRows(documentId: string, limit: number): Promise<number> {
    return this.change(DELETE_ROWS, [documentId, limit]);
  }

  async deleteSnapshots(documentIds: readonly string[]): Promise<number> {
    const places = await this.query<PlaceRow>(SNAPSHOT_PLACES, [documentIds]);
    const gone = places.filter((place) => place.is_behind && !place.is_held).map(({ id }) => id);
    const rest = Map.groupBy(places, (place) => (place.is_behind ? undefined : place.document_id));
    rest.delete(undefined);
    for (const some of rest.values()) gone.push(...dispensable(some.map(toPlace), this.bytesBetween));
    return gone.length === 0 ? 0 : this.change(DELETE_SNAPSHOTS, [gone]);
  }

  async deadDocuments(after: string | undefined, limit: number): Promise<string[]> {
    const values = [this.days.historyDays, after ?? FIRST_ID, limit];
    return (await this.query<{ id: string }>(DEAD_DOCUMENTS, values)).map(({ id }) => id);
  }

  async bury(documentId: string, limit: number): Promise<{ rows: number; isDone: boolean }> {
    const rows = await this.change(BURY_ROWS, [documentId, limit]);
    if (rows === limit) return { rows, isDone: false };
    for (const sql of BURY) await this.change(sql, [documentId]);
    return { rows, isDone: true };
  }

  async vacuum(table: KeptTable): Promise<void> {
    await this.ask(`VACUUM ${table}`, [], VACUUM_MS);
  }

  private readonly query: Query = async <Row>(sql: string, values: readonly unknown[]) =>
    (await this.ask(sql, values)).rows as Row[];

  private async change(sql: string, values: readonly unknown[]): Promise<number> {
    return (await this.ask(sql, values)).rowCount ?? 0;
  }

  private async ask(text: string, values: readonly unknown[], answerMs = STATEMENT_MS): Promise<QueryResult> {
    try {
      // What others of this pool are given is seconds.
      const query = { text, values: [...values], query_timeout: answerMs };
      return await this.client.query(query);
    } catch (error) {
      if (!isUnreadable(error)) throw error;
      // A scan, which is faster in a small table, would read the damaged pages of other documents as well.
      await this.client.query('SET enable_seqscan = off');
      throw new StoredDataCorrupt('the database cannot read a page', { cause: error });
    }
  }
}

interface PlaceRow {
  id: string;
  document_id: string;
  /** History begins after it. */
  is_behind: boolean;
  is_held: boolean;
  is_kept: boolean;
  bytes: number;
}

function toPlace({ id, is_kept: isKept, bytes }: PlaceRow): SnapshotPlace {
  return { id, isKept, bytes };
}
