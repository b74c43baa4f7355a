import { checksum } from '../../../core/document/checksum.js';
import type { AppendBatch } from '../../../core/document/update-log.js';
import { bytesArray, int4Array, int8Array, uuid, uuidArray } from './binary-array.js';

/**
 * One round trip, no BEGIN: lock the documents in id order (so that committers and the fence cannot deadlock), bump the
 * heads, insert the rows with consecutive `seq`, and write one outbox row a document. The row lock, held to the commit,
 * makes `seq` gap-free and ordered by commit; the comparison under it makes the fence exact.
 *
 * Whether a document is deleted is asked of the locked rows, not in the scan: without statistics PostgreSQL would read the
 * partial index of all documents that are not (10 ms at 100,000 documents, for three of them).
 *
 * What was stored is not asked for: joined to the answer, the plan for few documents (a nested loop) took 33 ms for 500
 * of them, where the statement now takes 9.
 */
const append = (locking: string, others: string) => `
WITH batch AS (
  SELECT * FROM unnest($1::uuid[], $2::int4[], $3::int8[], $4::int4[], $5::int8[])
    AS b (id, epoch, access_version, rows, after)
), locked AS MATERIALIZED (
  SELECT id, head, epoch, access_version, deleted_at FROM documents
  WHERE id = ANY ($1::uuid[]) ORDER BY id ${locking}
), accepted AS MATERIALIZED (
  SELECT locked.id, locked.head, batch.rows FROM locked JOIN batch USING (id, epoch, access_version)
  WHERE locked.deleted_at IS NULL AND locked.head >= batch.after
), bumped AS (
  UPDATE documents SET head = accepted.head + accepted.rows FROM accepted WHERE documents.id = accepted.id
), stored AS (
  INSERT INTO document_updates (document_id, seq, user_id, bytes, checksum, provenance)
  SELECT accepted.id, accepted.head + r.ordinal, r.user_id, r.bytes, r.checksum, r.provenance::jsonb
  FROM unnest($6::uuid[], $7::int4[], $8::uuid[], $9::bytea[], $10::int8[], $11::text[])
    AS r (document_id, ordinal, user_id, bytes, checksum, provenance)
  JOIN accepted ON accepted.id = r.document_id
), told AS (
  INSERT INTO event_outbox (type, document_id, from_seq, seq)
  SELECT 'document.updated', id, head + 1, head + rows FROM accepted
)
SELECT id, head, epoch, access_version FROM locked WHERE deleted_at IS NULL${others}`;

const STATEMENTS = {
  wait: { name: 'append', text: append('FOR NO KEY UPDATE', '') },
  /** Leaves out what somebody else holds right now, and names it: without a head. */
  skip: {
    name: 'append-skip',
    text: append(
      'FOR NO KEY UPDATE SKIP LOCKED',
      `
UNION ALL
SELECT id, NULL, epoch, access_version FROM (
  SELECT id, epoch, access_version, deleted_at FROM documents WHERE id = ANY ($1::uuid[]) OFFSET 0
) AS present
WHERE deleted_at IS NULL AND NOT EXISTS (SELECT FROM locked WHERE locked.id = present.id)`,
    ),
  },
} as const;

/** One for each document that exists, as it was found: the batch was stored where its epoch and access version are these, and its rows continue it. */
export interface AppendAnswer {
  id: string;
  /** Null: somebody else holds it. */
  head: string | null;
  epoch: number;
  access_version: string;
}

/** For `client.query`: named, so that each connection prepares it once. `locked`: what becomes of documents that others hold. */
export function appendQuery(
  batches: readonly AppendBatch[],
  locked: keyof typeof STATEMENTS,
): { name: string; text: string; values: Buffer[] } {
  const ids = batches.map((batch) => uuid(batch.documentId));
  // A batch has many rows and few authors.
  const users = new Map<string, Buffer>();
  const rowDocument: Buffer[] = [];
  const ordinal: number[] = [];
  const user: Buffer[] = [];
  const bytes: Uint8Array[] = [];
  const checksums: number[] = [];
  const provenance: (Buffer | null)[] = [];
  for (const [index, batch] of batches.entries()) {
    for (const [position, row] of batch.rows.entries()) {
      let author = users.get(row.userId);
      if (!author) {
        author = uuid(row.userId);
        users.set(row.userId, author);
      }
      rowDocument.push(ids[index]!);
      ordinal.push(position + 1);
      user.push(author);
      bytes.push(row.bytes);
      checksums.push(checksum(row.bytes));
      provenance.push(row.provenance ? Buffer.from(JSON.stringify(row.provenance)) : null);
    }
  }
  return {
    ...STATEMENTS[locked],
    values: [
      uuidArray(ids),
      int4Array(batches.map((batch) => batch.epoch)),
      int8Array(batches.map((batch) => batch.accessVersion)),
      int4Array(batches.map((batch) => batch.rows.length)),
      int8Array(batches.map((batch) => batch.after ?? 0)),
      uuidArray(rowDocument),
      int4Array(ordinal),
      uuidArray(user),
      bytesArray('bytea', bytes),
      int8Array(checksums),
      bytesArray('text', provenance),
    ],
  };
}
