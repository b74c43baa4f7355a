import type { DocumentKind } from '@tandem/protocol';

/**
 * `ids`: state vector, and of plain text the deletes. `content`: of plain text also what it reads; of a free document also
 * what Yjs makes of its deletes. That parses the document: seconds, and ten times its bytes, for a large one.
 */
export type DigestDepth = 'ids' | 'content';

/** Tells replicas apart that a state vector does not (M13); computed off the main thread. */
export abstract class DocumentDigests {
  /** Of a whole Yjs v1 update. Equal for the same document, however its structs are merged. Rejects when the update is none. */
  abstract of(update: Uint8Array, kind: DocumentKind, depth: DigestDepth): Promise<string>;
  /** Ends the thread; what runs and what waits rejects. */
  abstract close(): Promise<void>;
}
