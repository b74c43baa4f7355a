import type { StoredSnapshot } from '../document/update-log.js';
import type { PastDocument } from './past-documents.js';
import type { FreshContent } from './resets.js';

/** The work was not done: it took longer than one document may, or the server stops. It says nothing about the document. */
export class WorkGivenUp extends Error {
  constructor(
    readonly reason: 'timeout' | 'closed',
    options?: ErrorOptions,
  ) {
    super(`the work on a document of the past was given up: ${reason}`, options);
  }
}

/**
 * Work on documents of the past that needs all their rows or a parsed `Y.Doc`; done off the main thread. All reject with
 * WorkGivenUp, and with StoredDataCorrupt for a document whose snapshot and rows do not make a whole one.
 */
export abstract class HistoryWork {
  abstract text(past: PastDocument): Promise<string>;
  /** In fewer bytes, at its `seq`. Rejects when what came out is not the same document, as `Compactor.compact`. */
  abstract compact(past: PastDocument, whoWaits: 'somebody' | 'nobody'): Promise<StoredSnapshot>;
  /** Whether the snapshot is that document: the same ids, the same deletes, of plain text the same text. */
  abstract isSame(past: PastDocument, snapshot: StoredSnapshot): Promise<boolean>;
  /**
   * The edit under `clientId` that makes the document (a whole Yjs v1 update) read as `past` did; undefined when it does
   * already. Deletes no character that is not in it, so that what is typed meanwhile stays.
   */
  abstract restore(update: Uint8Array, past: PastDocument, clientId: number): Promise<Uint8Array | undefined>;
  /** What a reset to `past` begins with, or to nothing. */
  abstract fresh(past: PastDocument | undefined): Promise<FreshContent>;
  /** Ends the threads at once; what runs and what waits rejects. */
  abstract close(): Promise<void>;
}
