import { type DBSchema, type IDBPDatabase, openDB } from 'idb';
import type { KeptText } from './kept-text.js';
import type { OutboxEntry, OutboxKey } from './outbox-store.js';

export interface LaneRow extends OutboxKey {
  readonly lane: string;
  readonly createdAt: number;
  /** When its owner was last alive; counts only where there are no Web Locks. */
  heartbeat: number;
}

export interface OutboxSchema extends DBSchema {
  lanes: { key: string; value: LaneRow; indexes: { document: [string, string, string] } };
  entries: { key: [string, number]; value: OutboxEntry & { readonly lane: string } };
  /** Since version 2. */
  kept: {
    key: string;
    value: KeptText & OutboxKey;
    indexes: { document: [string, string, string, number]; user: [string, string, number] };
  };
}

export type OutboxDatabase = IDBPDatabase<OutboxSchema>;

/** `blocked`: a tab with an older version of this code keeps its version open; it resolves once that tab is gone. */
export const openDatabase = (name: string, blocked: () => void): Promise<OutboxDatabase> =>
  openDB<OutboxSchema>(name, 2, {
    upgrade(db, from) {
      if (from < 1) {
        db.createObjectStore('lanes', { keyPath: 'lane' }).createIndex('document', ['server', 'userId', 'documentId']);
        db.createObjectStore('entries', { keyPath: ['lane', 'id'] });
      }
      if (from < 2) {
        const kept = db.createObjectStore('kept', { keyPath: 'id' });
        kept.createIndex('document', ['server', 'userId', 'documentId', 'at']);
        kept.createIndex('user', ['server', 'userId', 'at']);
      }
    },
    blocked,
  });

export const entriesOf = (lane: string) =>
  IDBKeyRange.bound([lane, Number.NEGATIVE_INFINITY], [lane, Number.POSITIVE_INFINITY]);
