import type { Client } from 'pg';
import * as Y from 'yjs';
import { fingerprint } from '../../src/testing/yjs-edits.js';

export interface StoredUpdate {
  readonly seq: number;
  readonly userId: string;
  readonly bytes: Uint8Array;
}

/** The rows of a document, read beside the server. */
export async function storedUpdates(sql: Client, documentId: string): Promise<StoredUpdate[]> {
  const { rows } = await sql.query<{ seq: string; user_id: string; bytes: Buffer }>(
    'SELECT seq, user_id, bytes FROM document_updates WHERE document_id = $1 ORDER BY seq',
    [documentId],
  );
  return rows.map(({ seq, user_id, bytes }) => ({ seq: Number(seq), userId: user_id, bytes: new Uint8Array(bytes) }));
}

/** What plain Yjs makes of updates; fails when it could not integrate one of them. */
export function replay(updates: readonly Uint8Array[]): Y.Doc {
  const doc = new Y.Doc({ gc: false });
  for (const update of updates) {
    Y.applyUpdate(doc, update);
    if (hasPending(doc)) throw new Error('an update waits for others that are not there');
  }
  return doc;
}

export function hasPending(doc: Y.Doc): boolean {
  return doc.store.pendingStructs !== null || doc.store.pendingDs !== null;
}

/** Text, state vector and deletes of what the log holds: what every replica must come to. */
export async function storedFingerprint(sql: Client, documentId: string): Promise<ReturnType<typeof fingerprint>> {
  return fingerprint(replay((await storedUpdates(sql, documentId)).map(({ bytes }) => bytes)));
}
