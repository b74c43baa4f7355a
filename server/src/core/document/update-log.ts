import type { DocumentKind, Provenance } from '@tandem/protocol';
import type { Mark } from '../history/marks.js';

/** The database cannot be asked or did not answer; whether a write happened is unknown. */
export class StoreUnavailable extends Error {}

/** What is stored cannot be what was written. Nothing is opened from it. */
export class StoredDataCorrupt extends Error {}

/**
 * What the reader holds is not continued by the rows of the log: the document was reset since, or it is so old that retention
 * has dropped what would follow. Only a load helps (decision 009).
 */
export class OutdatedState extends Error {}

/** A compacted document as it is stored; `snapshot-codec.ts` makes and reads it. Never overwritten. */
export interface StoredSnapshot {
  readonly seq: number;
  /** The structs of all clients, one after another. */
  readonly structs: Uint8Array;
  /** Where each client's lie in `structs`. */
  readonly structIndex: Uint8Array;
  readonly deleteSet: Uint8Array;
  /** CRC-32 over the three, in this order. */
  readonly checksum: number;
}

export interface StoredRow {
  readonly seq: number;
  readonly bytes: Uint8Array;
}

/** Why a row or a snapshot cannot be used. */
export type DamageReason =
  /** Its bytes are not those that its checksum was made of. */
  | 'checksum'
  /** It is not there. */
  | 'missing'
  /** The database cannot read it. */
  | 'unreadable'
  /** Its bytes are as they were written, and no update. */
  | 'malformed'
  /** It is sound, and builds on something that is missing. */
  | 'orphaned';

export interface Damage {
  readonly part: 'row' | 'snapshot';
  readonly seq: number;
  readonly reason: DamageReason;
  /** Of a snapshot: several may stand at one `seq`. */
  readonly id?: string;
}

export interface StoredDocument {
  readonly projectId: string;
  readonly kind: DocumentKind;
  readonly epoch: number;
  readonly accessVersion: number;
  readonly snapshot: StoredSnapshot | undefined;
  /** The rows follow this `seq`: the snapshot's, where there is one. */
  readonly after: number;
  /** All rows after it, in order, without a hole. What cannot be used stands as an update without content. */
  readonly rows: readonly StoredRow[];
  /** What this load could not use. Of a snapshot it says nothing about what is lost: an older one may have stood in. */
  readonly damage: readonly Damage[];
  /** Something of it was set aside before, and is not healed. */
  readonly isDamaged: boolean;
  /** Neither a snapshot nor the rows since the beginning could be read: what is there builds on what is not. */
  readonly isBaseLost: boolean;
}

/** A Yjs v1 update without content: what a row stands for that cannot be used. */
export const EMPTY_UPDATE: Uint8Array = new Uint8Array([0, 0]);

/** What a row says of itself: text of a suggestion was accepted in it, or a moment of before was brought back. */
export type RowProvenance = Provenance | Mark;

export interface AppendRow {
  readonly userId: string;
  readonly bytes: Uint8Array;
  readonly provenance: RowProvenance | undefined;
}

export interface AppendBatch {
  readonly documentId: string;
  readonly epoch: number;
  readonly accessVersion: number;
  /** Where the state stands that the rows continue; 0 when absent. A log that ends before it takes nothing. */
  readonly after?: number;
  readonly rows: readonly AppendRow[];
}

export type AppendResult =
  /** The rows stand at `fromSeq` and on. */
  | { readonly type: 'stored'; readonly fromSeq: number }
  /** Rights or the epoch moved: nothing of this document was written. */
  | { readonly type: 'fenced'; readonly epoch: number; readonly accessVersion: number }
  /** The log ends before what the rows continue: the database came back older. Nothing of this document was written. */
  | { readonly type: 'older'; readonly head: number }
  /** Somebody else holds the document for longer than an append waits: nothing of it was written. */
  | { readonly type: 'locked' }
  | { readonly type: 'deleted' };

/** Whose a client id is (rule V1). */
export interface ClientOwner {
  readonly userId: string;
  /** Of the one `Y.Doc` that is written in under the id, on whichever node; undefined where nobody has told. */
  readonly instance: string | undefined;
}

/** Where a document stands. */
export interface DocumentHead {
  readonly head: number;
  readonly epoch: number;
  readonly accessVersion: number;
  /** Where the loading pointer stands; 0 without a snapshot. */
  readonly snapshotSeq: number;
  /** As `StoredDocument.isDamaged`. */
  readonly isDamaged: boolean;
}

/** The place of record of every document. Everything else is a hint. */
export abstract class UpdateLog {
  /**
   * Undefined when there is no such document. What of it cannot be used is named in the answer. Rejects with
   * StoreUnavailable, and with StoredDataCorrupt when it cannot be told what is there; never half a document without a word.
   */
  abstract load(documentId: string): Promise<StoredDocument | undefined>;

  /**
   * Rows with `seq` greater than `after`, in order: what a state at `after` is continued by. Rejects with OutdatedState when
   * it is not, with StoreUnavailable or StoredDataCorrupt.
   */
  abstract rowsAfter(documentId: string, after: number): Promise<StoredRow[]>;

  /** Of those that are there. Rejects with StoreUnavailable. */
  abstract heads(documentIds: readonly string[]): Promise<ReadonlyMap<string, DocumentHead>>;

  /**
   * Writes each batch whole or not at all, atomically over all of them; resolves after the commit, results in the order
   * of the batches. Rejects with StoreUnavailable when the outcome is unknown. At most one batch for each document.
   */
  abstract append(batches: readonly AppendBatch[], lane: number): Promise<AppendResult[]>;

  /**
   * Binds ids that have no owner to the user, and to the `Y.Doc` that he has told by its random `instance`; resolves to the
   * owner of each, which may be another.
   */
  abstract bindClients(
    documentId: string,
    clientIds: readonly number[],
    userId: string,
    instance?: string,
  ): Promise<ReadonlyMap<number, ClientOwner>>;

  /**
   * Inserts a snapshot and moves the loading pointer to it, forwards or in its place, unless another moved it since
   * `previousSeq` or the document went. Resolves to whether it did.
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
