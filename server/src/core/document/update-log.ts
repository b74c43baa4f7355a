import type { DocumentKind, Provenance } from '@tandem/protocol';
import type { StructRun } from './update/encode-update.js';
import type { IdRanges } from './update/id-ranges.js';

/** The database cannot be asked or did not answer; whether a write happened is unknown. */
export class StoreUnavailable extends Error {}

/** A row or snapshot whose bytes do not match their checksum, or a hole in `seq`. Nothing is opened from it. */
export class StoredDataCorrupt extends Error {}

export interface StoredSnapshot {
  readonly seq: number;
  readonly runs: readonly StructRun[];
  readonly deletes: IdRanges;
}

export interface StoredRow {
  readonly seq: number;
  readonly bytes: Uint8Array;
}

export interface StoredDocument {
  readonly projectId: string;
  readonly kind: DocumentKind;
  readonly epoch: number;
  readonly accessVersion: number;
  readonly snapshot: StoredSnapshot | undefined;
  /** All rows after the snapshot, in order, without a hole. */
  readonly rows: readonly StoredRow[];
}

export interface AppendRow {
  readonly userId: string;
  readonly bytes: Uint8Array;
  readonly provenance: Provenance | undefined;
}

export interface AppendBatch {
  readonly documentId: string;
  readonly epoch: number;
  readonly accessVersion: number;
  readonly rows: readonly AppendRow[];
}

export type AppendResult =
  /** The rows stand at `fromSeq` and on. */
  | { readonly type: 'stored'; readonly fromSeq: number }
  /** Rights or the epoch moved: nothing of this document was written. */
  | { readonly type: 'fenced'; readonly epoch: number; readonly accessVersion: number }
  | { readonly type: 'deleted' };

/** Where a document stands. */
export interface DocumentHead {
  readonly head: number;
  readonly epoch: number;
  readonly accessVersion: number;
}

/** The place of record of every document. Everything else is a hint. */
export abstract class UpdateLog {
  /** Undefined when there is no such document. Rejects with StoreUnavailable or StoredDataCorrupt; never half a document. */
  abstract load(documentId: string): Promise<StoredDocument | undefined>;

  /** Rows with `seq` greater than `after`, in order. Rejects with StoreUnavailable or StoredDataCorrupt. */
  abstract rowsAfter(documentId: string, after: number): Promise<StoredRow[]>;

  /** Of those that are there. Rejects with StoreUnavailable. */
  abstract heads(documentIds: readonly string[]): Promise<ReadonlyMap<string, DocumentHead>>;

  /**
   * Writes each batch whole or not at all, atomically over all of them; resolves after the commit, results in the order
   * of the batches. Rejects with StoreUnavailable when the outcome is unknown. At most one batch for each document.
   */
  abstract append(batches: readonly AppendBatch[], lane: number): Promise<AppendResult[]>;

  /** Binds ids that have no owner to the user; resolves to the owner of each, which may be another. */
  abstract bindClients(
    documentId: string,
    clientIds: readonly number[],
    userId: string,
  ): Promise<ReadonlyMap<number, string>>;

  /**
   * Inserts a snapshot and moves the loading pointer to it, unless another moved it since `previousSeq` or the document
   * went. Resolves to whether it did.
   */
  abstract saveSnapshot(
    documentId: string,
    snapshot: StoredSnapshot,
    previousSeq: number,
    epoch: number,
  ): Promise<boolean>;

  /** Gives its connections back. Nothing may be called afterwards. */
  abstract close(): Promise<void>;
}
