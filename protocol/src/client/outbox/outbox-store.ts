import type { Provenance } from '../../wire/provenance.js';
import type { KeptText } from './kept-text.js';

/** A local edit that waits for its ack. */
export interface OutboxEntry {
  /** Ascending in the order of the edits; below zero for what an earlier session left behind. */
  readonly id: number;
  readonly update: Uint8Array;
  /** How many local edits were merged into it. */
  readonly edits: number;
  /** Whose text it is, when it came from a suggestion. */
  readonly provenance?: Provenance;
}

export interface OutboxKey {
  readonly server: string;
  readonly userId: string;
  readonly documentId: string;
}

export interface OutboxChange {
  readonly add: readonly OutboxEntry[];
  /** Ids. An added entry with the id of a stored one takes its place. */
  readonly remove: readonly number[];
}

/** The outbox of one open document in one tab. Nobody else reads or writes it while its owner lives. */
export interface OutboxLane {
  /** What sessions that are gone left behind, oldest first, now in this lane under ids below zero. */
  readonly adopted: readonly OutboxEntry[];
  /** Texts of this document that were kept for this user, by any session, oldest first. */
  readonly kept: readonly KeptText[];
  /** Resolves when the change is stored; changes are stored in the order of the calls. */
  write(change: OutboxChange): Promise<void>;
  /**
   * Resolves when the text is stored, in the order of the calls with `write`: what is kept is safe before its edits
   * leave the outbox. The last 20 of a user stay, each up to 512 Ki UTF-16 units (`storedForm`).
   */
  keep(text: KeptText): Promise<void>;
  /** Lets a kept text go; harmless when it is gone, and after `close`. */
  discard(id: string): Promise<void>;
  /** Waits for writes and gives the lane up; what is in it is adopted by the next open. */
  close(): Promise<void>;
}

/** Where edits wait for their acks, and texts that nobody took wait for their author. */
export interface OutboxStore {
  /** Rejects when the storage cannot be used at all. */
  open(key: OutboxKey): Promise<OutboxLane>;
}
