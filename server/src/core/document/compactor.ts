import type { DocumentKind } from '@tandem/protocol';
import type { StoredSnapshot } from './update-log.js';

/** Work that needs a parsed `Y.Doc`; done off the main thread. */
export abstract class Compactor {
  /**
   * The same document in fewer bytes: merged structs, content of deleted text dropped. Rejects when what came out is
   * not the same document (state vector, deletes, text).
   */
  abstract compact(update: Uint8Array, kind: DocumentKind, seq: number): Promise<StoredSnapshot>;
  abstract textOf(update: Uint8Array): Promise<string>;
  /** A Yjs v1 update that makes an empty document read `text`, under a new client id. */
  abstract encodeText(text: string): Promise<{ update: Uint8Array; clientId: number }>;
  /** Ends the threads; what is under way is finished. */
  abstract close(): Promise<void>;
}

/** Compaction pays off when the tail is long, and not small beside a base that would be written anew. */
export function isCompactionDue(
  tail: { rows: number; bytes: number; baseBytes: number },
  policy: { rows: number; bytes: number },
): boolean {
  if (tail.rows < policy.rows && tail.bytes < policy.bytes) return false;
  return tail.bytes * 4 >= tail.baseBytes || tail.rows >= policy.rows * 20;
}
