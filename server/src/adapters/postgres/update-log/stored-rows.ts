import { checksum } from '../../../core/document/checksum.js';
import { OutdatedState, StoredDataCorrupt, type StoredRow } from '../../../core/document/update-log.js';

/** Asks the database; rejects with what the log rejects with. */
export type Query = <Row>(sql: string, parameters: readonly unknown[]) => Promise<Row[]>;

/**
 * The driver hands out a field whole, and bytes as hexadecimal digits: 20 MB of them in one hold the thread for 30 to 60 ms, in
 * pieces of this size for less than 10.
 */
export const PIECE_BYTES = 512 * 1024;
/** Of one answer: checking so many takes a few milliseconds. */
export const BATCH_ROWS = 4096;

export interface RawRow {
  readonly seq: number;
  readonly bytes: Uint8Array;
  readonly checksum: number;
}

/** The rows of a range of `seq` that are there, in order. */
export interface RowBatch {
  /** The row before which no state may stand. */
  readonly floor: number;
  readonly head: number;
  readonly rows: readonly RawRow[];
}

/** Without a row there is only where the document stands. */
interface FoundRow {
  floor: string;
  head: string;
  seq: string | null;
  length: number;
  bytes: Buffer | null;
  checksum: string;
}

/**
 * With the row before which no state may stand, read in the same statement: a reset or retention may come between two. Put
 * in order here: PostgreSQL would sort what comes out of the join, megabytes of a long tail, though the index has it in order.
 */
const ROWS = `
SELECT greatest(d.history_seq, d.epoch_seq) AS floor, d.head, u.seq, u.checksum, octet_length(u.bytes) AS length,
       CASE WHEN octet_length(u.bytes) <= ${PIECE_BYTES} THEN u.bytes END AS bytes
FROM documents d LEFT JOIN document_updates u ON u.document_id = d.id AND u.seq > $2 AND u.seq <= $3
WHERE d.id = $1`;

const PIECE = `
SELECT substring(bytes from $3::int for ${PIECE_BYTES}) AS piece FROM document_updates WHERE document_id = $1 AND seq = $2`;

/** Undefined when there is no such document. */
export async function readBatch(
  query: Query,
  documentId: string,
  after: number,
  upTo: number,
): Promise<RowBatch | undefined> {
  const found = await query<FoundRow>(ROWS, [documentId, after, upTo]);
  const [first] = found;
  if (!first) return undefined;
  const rows: RawRow[] = [];
  for (const { seq, bytes, length, checksum } of found) {
    if (seq === null) continue;
    const whole = bytes ?? (await inPieces((at) => pieceOf(query, PIECE, [documentId, seq, at]), length));
    rows.push({ seq: Number(seq), bytes: whole, checksum: Number(checksum) });
  }
  rows.sort((a, b) => a.seq - b.seq);
  return { floor: Number(first.floor), head: Number(first.head), rows };
}

/** All rows after `after`. Rejects with OutdatedState, and with StoredDataCorrupt for anything less than all of them. */
export async function readRows(query: Query, documentId: string, after: number): Promise<StoredRow[]> {
  const rows: StoredRow[] = [];
  for (let from = after; ; from += BATCH_ROWS) {
    const batch = await readBatch(query, documentId, from, from + BATCH_ROWS);
    if (!batch) return rows;
    if (batch.floor > after) throw new OutdatedState(`${documentId} is beyond ${after}`);
    for (const [index, row] of batch.rows.entries()) {
      if (row.seq !== from + 1 + index) throw new StoredDataCorrupt(`${documentId} lacks row ${from + 1 + index}`);
      if (!isSound(row)) throw new StoredDataCorrupt(`row ${row.seq} of ${documentId} does not match its checksum`);
      rows.push({ seq: row.seq, bytes: row.bytes });
    }
    const reached = Math.min(batch.head, from + BATCH_ROWS);
    if (from + batch.rows.length < reached) throw new StoredDataCorrupt(`${documentId} lacks row ${reached}`);
    if (batch.head <= from + BATCH_ROWS) return rows;
  }
}

export function isSound(row: RawRow): boolean {
  return checksum(row.bytes) === row.checksum;
}

/** `read` answers the bytes from a place on, counted from 1. Rejects with StoredDataCorrupt when they end early. */
export async function inPieces(
  read: (at: number) => Promise<Uint8Array | undefined>,
  length: number,
): Promise<Uint8Array> {
  const whole = new Uint8Array(length);
  for (let at = 0; at < length; ) {
    const piece = await read(at + 1);
    if (!piece || piece.length === 0 || at + piece.length > length) {
      throw new StoredDataCorrupt(`of ${length} bytes ${at} are there`);
    }
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}

/** Of a statement that answers one `piece`. */
export async function pieceOf(
  query: Query,
  sql: string,
  parameters: readonly unknown[],
): Promise<Uint8Array | undefined> {
  const [row] = await query<{ piece: Buffer | null }>(sql, parameters);
  return row?.piece ?? undefined;
}
