import type { OutboxDatabase } from './indexeddb-database.js';
import { type KeptText, MAX_KEPT_TEXTS, storedForm } from './kept-text.js';
import type { OutboxKey } from './outbox-store.js';

const anyTime = (...key: string[]) =>
  IDBKeyRange.bound([...key, Number.NEGATIVE_INFINITY], [...key, Number.POSITIVE_INFINITY]);

/** Oldest first. */
export const readKept = async (db: OutboxDatabase, key: OutboxKey): Promise<KeptText[]> => {
  const range = anyTime(key.server, key.userId, key.documentId);
  const rows = await db.getAllFromIndex('kept', 'document', range);
  return rows.map(({ server: _server, userId: _userId, documentId: _documentId, ...kept }) => kept);
};

/** The oldest of the user make room. */
export const writeKept = async (db: OutboxDatabase, key: OutboxKey, text: KeptText): Promise<void> => {
  const tx = db.transaction('kept', 'readwrite');
  await tx.store.put({ ...key, ...storedForm(text) });
  const ids = await tx.store.index('user').getAllKeys(anyTime(key.server, key.userId));
  for (const id of ids.slice(0, Math.max(0, ids.length - MAX_KEPT_TEXTS))) await tx.store.delete(id);
  await tx.done;
};
