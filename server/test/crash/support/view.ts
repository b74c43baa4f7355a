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

/** What somebody gets who opens the document with nothing. */
export async function coldView(options: WriterOptions): Promise<View> {
  const reader = new StockWriter(options, 'reader');
  try {
    await eventually('a cold client has the document', () => reader.isOpen, 15_000);
    return viewOf(reader.doc, 'a cold client');
  } finally {
    await reader.close();
  }
}

/** What stands in the table, put together by Yjs alone. */
export async function storedView(
  database: Client,
  documentId: string,
): Promise<{ view: View; head: number; seqs: number[] }> {
  const { rows } = await database.query<{ head: string }>('SELECT head FROM documents WHERE id = $1', [documentId]);
  const updates = await storedUpdates(database, documentId);
  const doc = new Y.Doc();
  for (const { bytes } of updates) Y.applyUpdate(doc, bytes);
  return { view: viewOf(doc, 'the stored rows'), head: Number(rows[0]!.head), seqs: updates.map(({ seq }) => seq) };
}

function byClient([a]: (number | unknown)[], [b]: (number | unknown)[]): number {
  return (a as number) - (b as number);
}
