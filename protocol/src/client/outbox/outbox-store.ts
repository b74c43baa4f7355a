/** A local edit that waits for its ack. */
export interface OutboxEntry {
  /** Ascending in the order of the edits; below zero for what an earlier session left behind. */
  readonly id: number;
  readonly update: Uint8Array;
  /** How many local edits were merged into it. */
  readonly edits: number;
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
  /** Resolves when the change is stored; changes are stored in the order of the calls. */
  write(change: OutboxChange): Promise<void>;
  /** Waits for writes and gives the lane up; what is in it is adopted by the next open. */
  close(): Promise<void>;
}

/** Where edits wait for their acks. */
export interface OutboxStore {
  /** Rejects when the storage cannot be used at all. */
  open(key: OutboxKey): Promise<OutboxLane>;
}
