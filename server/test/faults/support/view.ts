import * as decoding from 'lib0/decoding';
import * as encoding from 'lib0/encoding';
import type { Client } from 'pg';
import * as Y from 'yjs';
import { eventually } from '../../../src/testing/eventually.js';
import { hasPending, storedUpdates } from '../../support/stored-updates.js';
import { StockWriter } from './stock-writer.js';
import type { WriterOptions } from './writer.js';

/** A document as one replica has it. */
export interface View {
  /** Whose view it is, for people. */
  readonly of: string;
  readonly text: string;
  /** The first clock that is not there, by client. */
  readonly ends: ReadonlyMap<number, number>;
  /** State vector and delete set in one fixed order: equal for equal replicas. */
  readonly digest: string;
  /** Structs or deletes that Yjs holds back because something before them is missing. */
  readonly hasGaps: boolean;
}

const OPEN_MS = 10_000;

export function viewOf(doc: Y.Doc, of: string): View {
  const ends = Y.decodeStateVector(Y.encodeStateVector(doc));
  const { clients } = Y.createDeleteSetFromStructStore(doc.store);
  const deletes = [...clients].map(([client, ranges]) => [client, ranges.map(({ clock, len }) => [clock, len])]);
  return {
    of,
    text: doc.getText('content').toString(),
    ends,
    digest: JSON.stringify([[...ends].sort(byClient), deletes.sort(byClient)]),
    hasGaps: hasPending(doc),
  };
}

/** What somebody gets who opens the document with nothing; undefined when that is nothing. */
export async function coldView(options: WriterOptions, of: string): Promise<View | undefined> {
  const reader = new StockWriter(options, 'reader');
  try {
    await eventually('a cold client has the document', () => reader.isOpen, OPEN_MS);
    return viewOf(reader.doc, of);
  } catch {
    return undefined;
  } finally {
    await reader.close();
  }
}

/** What stands in the tables, put together by Yjs alone: all rows, or a snapshot and the rows after it. */
export async function storedView(
  database: Client,
  documentId: string,
): Promise<{ view: View; head: number; seqs: number[] }> {
  const { rows } = await database.query<{ head: string }>('SELECT head FROM documents WHERE id = $1', [documentId]);
  // A database that has lost the document, too.
  const head = Number(rows[0]?.head ?? 0);
  const updates = await storedUpdates(database, documentId);
  const seqs = updates.map(({ seq }) => seq);
  const doc = new Y.Doc();
  // Rows behind a checkpoint may be gone.
  if (head > 0 && seqs[0] !== 1)
    for (const bytes of await storedSnapshot(database, documentId)) Y.applyUpdate(doc, bytes);
  for (const { bytes } of updates) Y.applyUpdate(doc, bytes);
  return { view: viewOf(doc, 'the stored rows'), head, seqs };
}

/** The snapshot that the document is loaded from, if there is one. */
async function storedSnapshot(database: Client, documentId: string): Promise<Uint8Array[]> {
  const { rows } = await database.query<SnapshotRow>(
    `SELECT structs, struct_index, delete_set FROM document_snapshots
     WHERE id = (SELECT snapshot_id FROM documents WHERE id = $1)`,
    [documentId],
  );
  return rows.map(toUpdate);
}

interface SnapshotRow {
  structs: Buffer;
  struct_index: Buffer;
  delete_set: Buffer;
}

/** Read without the server's own code: structs of one client after another, and of each which, how many and how long. */
function toUpdate({ structs, struct_index, delete_set }: SnapshotRow): Uint8Array {
  const index = decoding.createDecoder(new Uint8Array(struct_index));
  const next = () => decoding.readVarUint(index);
  let at = 0;
  const runs = Array.from({ length: next() }, () => {
    const [client, clock, , count, length] = [next(), next(), next(), next(), next()];
    at += length;
    return { client, clock, count, bytes: structs.subarray(at - length, at) };
  });
  const update = encoding.createEncoder();
  encoding.writeVarUint(update, runs.length);
  for (const { client, clock, count, bytes } of runs.sort((a, b) => b.client - a.client)) {
    for (const value of [count, client, clock]) encoding.writeVarUint(update, value);
    encoding.writeUint8Array(update, bytes);
  }
  encoding.writeUint8Array(update, delete_set);
  return encoding.toUint8Array(update);
}

function byClient([a]: (number | unknown)[], [b]: (number | unknown)[]): number {
  return (a as number) - (b as number);
}
