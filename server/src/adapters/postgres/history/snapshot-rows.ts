import { StoredDataCorrupt, type StoredRow, type StoredSnapshot } from '../../../core/document/update-log.js';
import { isUnreadable } from '../update-log/log-errors.js';
import { BATCH_ROWS, isSound, type Query, readBatch } from '../update-log/stored-rows.js';
import { completeSnapshot, type FoundSnapshot, SNAPSHOT_COLUMNS } from '../update-log/stored-snapshots.js';

/** What `readSnapshot` reads, of a snapshot `s`. */
export const FOUND_SNAPSHOT = `s.id AS snapshot_id, ${SNAPSHOT_COLUMNS}`;

export const SNAPSHOT = `SELECT ${FOUND_SNAPSHOT} FROM document_snapshots s WHERE s.id = $1`;

/** Of several at one `seq` the first, which was checked. */
export const SNAPSHOT_AT = `
SELECT ${FOUND_SNAPSHOT} FROM document_snapshots s
WHERE s.document_id = $1 AND s.seq = $2 ORDER BY s.created_at LIMIT 1`;

export const INSERT_SNAPSHOT = `
INSERT INTO document_snapshots (document_id, seq, structs, struct_index, delete_set, checksum)
VALUES ($1, $2, $3, $4, $5, $6) RETURNING id`;

/** What `INSERT_SNAPSHOT` takes. */
export function snapshotValues(documentId: string, snapshot: StoredSnapshot): unknown[] {
  const { seq, structs, structIndex, deleteSet, checksum } = snapshot;
  return [documentId, seq, structs, structIndex, deleteSet, checksum];
}

/**
 * The one that `sql` finds, whole. Rejects with StoredDataCorrupt when the database cannot read it, and when its bytes do not
 * match their checksum.
 */
export async function readSnapshot(
  query: Query,
  sql: string,
  values: readonly unknown[],
): Promise<{ id: string; snapshot: StoredSnapshot } | undefined> {
  try {
    const [found] = await query<FoundSnapshot>(sql, values);
    return found && { id: found.snapshot_id, snapshot: await completeSnapshot(query, found) };
  } catch (error) {
    if (!isUnreadable(error)) throw error;
    throw new StoredDataCorrupt('a snapshot cannot be read', { cause: error });
  }
}

/** Bytes of rows that one answer holds, beside those of its last row: the driver keeps all of it in memory at once. */
const BATCH_BYTES = 4 * 1024 * 1024;

/** Sizes are known without reading what is large. */
const SIZES = `
SELECT max(seq) AS last, sum(octet_length(bytes))::float8 AS bytes FROM document_updates
WHERE document_id = $1 AND seq > $2 AND seq <= $3 GROUP BY (seq - $2 - 1) / ${BATCH_ROWS} ORDER BY 1`;

/** Where answers of a range of large rows end. */
const PARTS = `
SELECT max(seq) AS last FROM (
  SELECT seq, (sum(length) OVER (ORDER BY seq) - length) / ${BATCH_BYTES} AS part
  FROM (
    SELECT seq, octet_length(bytes) AS length FROM document_updates WHERE document_id = $1 AND seq > $2 AND seq <= $3
  ) sizes
) parts GROUP BY part ORDER BY 1`;

/** Rows of a document, before they are read. */
export interface RowRange {
  readonly documentId: string;
  /** The rows follow this one. */
  readonly after: number;
  readonly upTo: number;
  /** Of those that are there. */
  readonly bytes: number;
  readonly batches: readonly { readonly last: number; readonly bytes: number }[];
}

/** Rows `after + 1` to `upTo`, of whatever epoch. */
export async function measureRows(query: Query, documentId: string, after: number, upTo: number): Promise<RowRange> {
  const found = await query<{ last: string; bytes: number }>(SIZES, [documentId, after, upTo]);
  const batches = found.map(({ last, bytes }) => ({ last: Number(last), bytes }));
  return { documentId, after, upTo, bytes: batches.reduce((sum, batch) => sum + batch.bytes, 0), batches };
}

/** Rejects with StoredDataCorrupt for anything less than all of them. */
export async function readRange(query: Query, range: RowRange): Promise<StoredRow[]> {
  const { documentId, after, upTo } = range;
  const rows: StoredRow[] = [];
  let from = after;
  for (const end of await endsOf(query, range)) {
    const batch = await readBatch(query, documentId, from, end);
    for (const row of batch?.rows ?? []) {
      if (row.seq !== after + 1 + rows.length) break;
      if (!isSound(row)) throw new StoredDataCorrupt(`row ${row.seq} of ${documentId} does not match its checksum`);
      rows.push({ seq: row.seq, bytes: row.bytes });
    }
    from = end;
  }
  if (rows.length < upTo - after) throw new StoredDataCorrupt(`${documentId} lacks row ${after + 1 + rows.length}`);
  return rows;
}

/** The last row of each answer. */
async function endsOf(query: Query, { documentId, after, batches }: RowRange): Promise<number[]> {
  const ends: number[] = [];
  for (const { last, bytes } of batches) {
    if (bytes <= BATCH_BYTES) ends.push(last);
    else {
      const parts = await query<{ last: string }>(PARTS, [documentId, ends.at(-1) ?? after, last]);
      ends.push(...parts.map((part) => Number(part.last)));
    }
  }
  return ends;
}

/** As `readRange`, whatever their size. */
export async function readRowsBetween(
  query: Query,
  documentId: string,
  after: number,
  upTo: number,
): Promise<StoredRow[]> {
  return readRange(query, await measureRows(query, documentId, after, upTo));
}
