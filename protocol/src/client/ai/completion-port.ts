import type * as Y from 'yjs';
import type { Clock } from '../clock.js';
import type { DocumentLink } from '../document/document-link.js';

/** The document as completions see it. */
export interface CompletionPort {
  readonly documentId: string;
  readonly doc: Y.Doc;
  /** Open on the server, on this connection. */
  readonly isOpen: boolean;
  readonly clock: Clock;
  readonly request: DocumentLink['request'];
  readonly report: (error: unknown) => void;
  insert(index: number, text: string, completionId: string): void;
  /** Whether accepted text of this suggestion has no ack yet. */
  holds(completionId: string): boolean;
}
