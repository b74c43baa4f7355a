import { type DocumentKind, TandemError } from '@tandem/protocol';
import type { DataSource, EntityManager } from 'typeorm';
import { DELETED_USER } from '../../../core/access/account-deletion.js';
import { StoredDataCorrupt } from '../../../core/document/update-log.js';
import type { ChangeRow } from '../../../core/history/change-groups.js';
import type { Mark } from '../../../core/history/marks.js';
import {
  type ChangeRows,
  type Moment,
  type PastDocument,
  PastDocuments,
  REPLAY_BOUNDS,
  type ReplayBounds,
} from '../../../core/history/past-documents.js';
import { TranslatesOutages } from '../store-errors.js';
import { isUnreadable } from '../update-log/log-errors.js';
import { pastDocument } from './replay.js';

const DOCUMENT = `
SELECT kind, head, epoch_seq, history_seq, coalesce(floor(extract(epoch FROM history_at) * 1000), 0)::float8 AS history_at
FROM documents WHERE id = $1 AND deleted_at IS NULL`;

/**
 * The last row that was stored up to $4 (epoch milliseconds, of which a row has fractions), by bisection between rows $2 and
 * $3: times rise with `seq`, and an index on them would cost every append. A row that is missing (corrupt) counts as later.
 */
export const LAST_ROW_AT = `
WITH RECURSIVE search (low, high) AS (
  SELECT $2::int8, $3::int8
  UNION ALL
  SELECT CASE WHEN middle.is_before THEN middle.seq ELSE low END, CASE WHEN middle.is_before THEN high ELSE middle.seq - 1 END
  FROM search CROSS JOIN LATERAL (
    SELECT m.seq, EXISTS (
      SELECT FROM document_updates u WHERE u.document_id = $1 AND u.seq = m.seq AND u.created_at < to_timestamp(($4::float8 + 1) / 1000)
    ) AS is_before FROM (SELECT (low + high + 1) / 2 AS seq) m
  ) middle
  WHERE low < high
)
SELECT low AS seq FROM search WHERE low = high`;

const CHANGES = `
SELECT u.seq, u.user_id, coalesce(a.display_name, '${DELETED_USER}') AS display_name,
  (extract(epoch FROM u.created_at) * 1000)::float8 AS at, octet_length(u.bytes) AS bytes, u.provenance
FROM (
  SELECT * FROM document_updates WHERE document_id = $1 AND seq > $2 AND seq < $3 ORDER BY seq DESC LIMIT $4
) u LEFT JOIN users a ON a.id = u.user_id`;

interface DocumentRow {
  readonly kind: DocumentKind;
  readonly head: number;
  readonly epochSeq: number;
  readonly historySeq: number;
  /** Epoch milliseconds. */
  readonly historyAt: number;
}

@TranslatesOutages
export class PostgresPastDocuments extends PastDocuments {
  constructor(
    private readonly dataSource: DataSource,
    private readonly bounds: ReplayBounds = REPLAY_BOUNDS,
  ) {
    super();
  }

  /** In one snapshot of the database: retention may drop the rows that it is on its way to. */
  override at(documentId: string, moment: Moment): Promise<PastDocument> {
    return this.reading(documentId, async (manager, document) => {
      const seq = await resolve(manager, documentId, document, moment);
      return pastDocument(manager, documentId, document, seq, this.bounds);
    });
  }

  override changes(documentId: string, before: number | undefined, limit: number): Promise<ChangeRows> {
    return this.reading(documentId, async (manager, { head, historySeq }) => {
      const values = [documentId, historySeq, before ?? head + 1, limit];
      const rows = await manager.query<RawChange[]>(CHANGES, values);
      return { rows: rows.map(toChangeRow).sort((a, b) => b.seq - a.seq), oldestSeq: historySeq };
    });
  }

  private reading<T>(
    documentId: string,
    work: (manager: EntityManager, document: DocumentRow) => Promise<T>,
  ): Promise<T> {
    return this.dataSource
      .transaction('REPEATABLE READ', async (manager) => {
        // A scan, which is faster in a small table, would read the damaged pages of other documents as well.
        await manager.query('SET LOCAL enable_seqscan = off');
        return work(manager, await findDocument(manager, documentId));
      })
      .catch((error: unknown) => {
        throw isUnreadable(error) ? new StoredDataCorrupt(`${documentId} cannot be read`, { cause: error }) : error;
      });
  }
}

async function findDocument(manager: EntityManager, documentId: string): Promise<DocumentRow> {
  const [row] = await manager.query<
    { kind: DocumentKind; head: string; epoch_seq: string; history_seq: string; history_at: number }[]
  >(DOCUMENT, [documentId]);
  if (row === undefined) throw new TandemError('not_found');
  return {
    kind: row.kind,
    head: Number(row.head),
    epochSeq: Number(row.epoch_seq),
    historySeq: Number(row.history_seq),
    historyAt: row.history_at,
  };
}

async function resolve(
  manager: EntityManager,
  documentId: string,
  { head, historySeq, historyAt }: DocumentRow,
  moment: Moment,
): Promise<number> {
  if (moment === 'now') return head;
  if ('seq' in moment) {
    if (moment.seq > head) throw new TandemError('bad_request', `The document has updates up to ${head} only`);
    if (moment.seq < historySeq) throw new TandemError('history_gone');
    return moment.seq;
  }
  if (moment.at < historyAt) throw new TandemError('history_gone');
  const [found] = await manager.query<{ seq: string }[]>(LAST_ROW_AT, [documentId, historySeq, head, moment.at]);
  return Number(found!.seq);
}

interface RawChange {
  seq: string;
  user_id: string;
  display_name: string;
  at: number;
  bytes: number;
  provenance: Mark | { completionId: string } | null;
}

function toChangeRow({ seq, user_id: userId, display_name: displayName, at, bytes, provenance }: RawChange): ChangeRow {
  const isMark = provenance !== null && !('completionId' in provenance);
  return {
    seq: Number(seq),
    userId,
    displayName,
    at: Math.floor(at),
    bytes,
    mark: isMark ? provenance : undefined,
    hasSuggestion: provenance !== null && !isMark,
  };
}
