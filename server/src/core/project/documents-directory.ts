import type { DocumentKind } from '@tandem/protocol';
import type { Document } from '@tandem/protocol/http';
import type { Committed } from './committed.js';

export interface NewDocument {
  /** As `parsePath` gives it. */
  readonly path: string;
  readonly pathKey: string;
  readonly kind: DocumentKind;
  /** The first update, and the Yjs client id that it was made under; absent for an empty document. */
  readonly content?: { readonly update: Uint8Array; readonly clientId: number };
}

/**
 * The files of a project: paths and rows, not text. Refusals as in `Projects`. `path_taken` when another file has the
 * path, lies under it, or stands where it needs a folder; of two that race for one path, one gets it.
 */
export abstract class DocumentsDirectory {
  /** In code point order of the paths. */
  abstract list(userId: string, projectId: string): Promise<Document[]>;
  abstract get(userId: string, documentId: string): Promise<Document>;
  /** With `content` the document starts at `seq` 1, and the client id is bound to its creator (rule V1). */
  abstract create(userId: string, projectId: string, document: NewDocument): Promise<Committed<Document>>;
  abstract move(
    userId: string,
    documentId: string,
    to: { path: string; pathKey: string },
  ): Promise<Committed<Document>>;
  /** The document is absent from then on and takes no append (decision 002); its rows are kept. */
  abstract delete(userId: string, documentId: string): Promise<Committed<void>>;
}
