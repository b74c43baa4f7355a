import type { HistorySource } from '@tandem/protocol/http';
import type { StoredSnapshot } from '../document/update-log.js';

/** What a document begins anew with, standing on its own. */
export interface FreshContent {
  /** A Yjs v1 update. */
  readonly update: Uint8Array;
  /** The same, as a snapshot. */
  readonly snapshot: StoredSnapshot;
  /** The new client id that it is written under; undefined where structs of before are kept, or nothing is. */
  readonly clientId: number | undefined;
}

export interface ResetDone {
  readonly epoch: number;
  /** The row that the epoch begins with. */
  readonly seq: number;
}

/** Ends the life of a document and begins another (rule V5). */
export abstract class Resets {
  /**
   * One transaction: what was stored before it belongs to the old epoch, what comes after it to the new one. Client ids of
   * before may not be written under any more. Rejects with TandemError `not_found`, `forbidden`, `store_unavailable`.
   */
  abstract reset(userId: string, documentId: string, content: FreshContent, of: HistorySource): Promise<ResetDone>;
}
