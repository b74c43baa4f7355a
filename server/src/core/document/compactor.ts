import type { DocumentKind } from '@tandem/protocol';
import type { IdRanges } from './update/id-ranges.js';
import type { StoredSnapshot } from './update-log.js';

export interface Compaction {
  readonly snapshot: StoredSnapshot;
  /** What Yjs deletes by itself, which no row lists: always empty for plain text. */
  readonly moreDeletes: IdRanges;
}

/** Work that needs a parsed `Y.Doc`; done off the main thread. */
export abstract class Compactor {
  /**
   * The same document in fewer bytes: merged structs, content of deleted text dropped. Rejects when what came out is
   * not the same document (state vector, deletes, text).
   */
  abstract compact(update: Uint8Array, kind: DocumentKind, seq: number): Promise<Compaction>;
  abstract textOf(update: Uint8Array): Promise<string>;
  /** A Yjs v1 update that makes an empty document read `text`, under a new client id. */
  abstract encodeText(text: string): Promise<{ update: Uint8Array; clientId: number }>;
  /** Ends the threads; what is under way is finished. */
  abstract close(): Promise<void>;
}

/** Of the size of the base: what has to be deleted for compaction to be worth it, each id as a byte. */
const DELETED_SHARE = 1 / 16;

/**
 * Compaction pays off when the tail is long, and not small beside a base that would be written anew; or when much of the base
 * is deleted, which a full document may be waiting for.
 */
export function isCompactionDue(
  tail: { rows: number; bytes: number; deletedIds: number; baseBytes: number },
  policy: { rows: number; bytes: number },
): boolean {
  if (tail.deletedIds >= policy.bytes && tail.deletedIds >= tail.baseBytes * DELETED_SHARE) return true;
  if (tail.rows < policy.rows && tail.bytes < policy.bytes) return false;
  return tail.bytes * 4 >= tail.baseBytes || tail.rows >= policy.rows * 20;
}
