import type { StoredSnapshot } from '../document/update-log.js';
import type { PastDocument } from './past-documents.js';

/** A document with rows that are older than they must be. */
export interface ExpiredDocument {
  readonly documentId: string;
  /** Where its history begins now. */
  readonly historySeq: number;
  /** The last row that is older than the days to keep; `historySeq` when only a deletion was not finished. */
  readonly cut: number;
}

/** A snapshot as the database has it, that history may begin with. */
export interface Checkpoint {
  readonly id: string;
  readonly snapshot: StoredSnapshot;
}

/** Tables that only grow unless something is taken out of them. */
export type KeptTable =
  | 'document_updates'
  | 'document_snapshots'
  | 'document_quarantine'
  | 'documents'
  | 'projects'
  | 'one_time_tokens'
  | 'event_outbox'
  | 'ai_requests'
  | 'personal_tokens'
  | 'refresh_tokens'
  | 'sessions'
  | 'sign_in_attempts'
  | 'sign_in_links'
  | 'oidc_flows'
  | 'users';

/** Something that is taken out of one table as long as there is some of it. */
export interface Leftover {
  readonly table: KeptTable;
  /** Resolves to how many rows went: fewer than `limit` when there are no more. */
  delete(limit: number): Promise<number>;
}

/**
 * What one node at a time may do; each statement is small and holds no lock of the append path. All reject with
 * StoredDataCorrupt when the database cannot read what they ask for: whoever asks for less may be answered.
 */
export interface RetentionSession {
  /** Ids of all documents in their order, from after `after` on. */
  documents(after: string | undefined, limit: number): Promise<string[]>;
  /** Those of the documents. */
  expired(documentIds: readonly string[]): Promise<ExpiredDocument[]>;
  /** The newest snapshot after `after` and up to `upTo`, as `seq`. */
  newestSnapshot(documentId: string, after: number, upTo: number): Promise<number | undefined>;
  /**
   * The last row up to `upTo` whose replay from `after`, or from the beginning of the epoch of `upTo`, takes no more than that;
   * one row at least.
   */
  stepFrom(documentId: string, after: number, upTo: number, most: { rows: number; bytes: number }): Promise<number>;
  /** What stood at `seq`, by the checkpoint at `after` and the rows from there alone; StoredDataCorrupt for anything less. */
  replayed(documentId: string, after: number, seq: number): Promise<PastDocument>;
  /** Adds a snapshot without moving the loading pointer. */
  save(documentId: string, snapshot: StoredSnapshot): Promise<void>;
  /** As the database has it; StoredDataCorrupt when that is not what was written. */
  readBack(documentId: string, seq: number): Promise<Checkpoint | undefined>;
  /**
   * History begins at the checkpoint from now on, and no longer at `from`; loads begin at it at the earliest. False when the
   * document or the snapshot is gone.
   */
  advance(documentId: string, from: number, checkpoint: Checkpoint): Promise<boolean>;
  /** Rows that history has left behind, the oldest first. Resolves to how many went. */
  deleteRows(documentId: string, limit: number): Promise<number>;
  /**
   * Snapshots that are neither loaded from nor begin history, named, or the last of a day or of 100,000 rows, as far as
   * `dispensable` lets them go. Resolves to how many went.
   */
  deleteSnapshots(documentIds: readonly string[]): Promise<number>;
  /** Deleted documents whose days are over, by id, from after `after` on. */
  deadDocuments(after: string | undefined, limit: number): Promise<string[]>;
  /** All of a deleted document, at most `limit` rows of it at a time; false: there is more. */
  bury(documentId: string, limit: number): Promise<{ readonly rows: number; readonly isDone: boolean }>;
  readonly leftovers: readonly Leftover[];
  /** Makes the space of deleted rows usable. May take minutes; writers do not wait. */
  vacuum(table: KeptTable): Promise<void>;
}

/** Where retention works (decision 009). */
export abstract class RetentionStore {
  /** Runs `work` unless another node is at it; resolves to whether it ran. Rejects with what `work` rejects with. */
  abstract exclusively(work: (session: RetentionSession) => Promise<void>): Promise<boolean>;
  /**
   * Ends the statement that runs, which rejects: a server that stops does not wait for a vacuum. Resolves within seconds, also
   * when the database does not answer. Never rejects.
   */
  abstract interrupt(): Promise<void>;
}
