import type { Damage, RowProvenance } from './update-log.js';

/** A row that is set aside; kept as it is. */
export interface SetAsideRow {
  readonly seq: number;
  /** Undefined when the row itself is missing. */
  readonly userId: string | undefined;
  readonly provenance: RowProvenance | undefined;
  /** Undefined when nobody can say any more what it held. One that was repaired in its place has its bytes again. */
  readonly bytes: Uint8Array | undefined;
}

/** All of a document that is set aside and not healed. */
export interface SetAside {
  readonly rows: readonly SetAsideRow[];
  /** Of what was set aside by then. */
  readonly mark: number;
  /** How many parts this call has added. */
  readonly recorded: number;
}

/** What cannot be used of a document is set aside, never thrown away, and the document is flagged until it is healed (decision 010). */
export abstract class Quarantine {
  /** Records the damage and flags the document; safe to repeat. Resolves to all of its present epoch that is set aside. Rejects with StoreUnavailable. */
  abstract setAside(documentId: string, damage: readonly Damage[]): Promise<SetAside>;

  /** What was set aside by `mark` is in the document again: closes the records, and the flag goes unless there are later ones. Safe to repeat. */
  abstract healed(documentId: string, mark: number): Promise<void>;

  /** Whose each client id of the document is. */
  abstract owners(documentId: string): Promise<ReadonlyMap<number, string>>;
}
