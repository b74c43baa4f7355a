/** Is told what happens in the rooms, for metrics. Must not throw. */
export interface RoomObserver {
  /** An edit is on its way to the log. The one call for each edit: to be as cheap as a count. */
  admitted(): void;
  /** A batch of many documents was answered by the log, after `seconds`; `rows` of it are stored. */
  committed(rows: number, seconds: number): void;
  /** A document was read from the log and its room opened. */
  loaded(seconds: number): void;
  /** A document has a new snapshot. */
  compacted(seconds: number): void;
  /** Parts of stored documents could not be used, and were set aside. */
  quarantined(parts: number): void;
  /** A document of which something was set aside is whole again. */
  healed(): void;
  /** A room was found to be another document than the log's. */
  diverged(): void;
  /** A reader that had fallen behind, or took a large document in pieces, got all that it lacked. */
  resynced(): void;
}

export const NO_OBSERVER: RoomObserver = {
  admitted() {},
  committed() {},
  loaded() {},
  compacted() {},
  resynced() {},
  quarantined() {},
  healed() {},
  diverged() {},
};

/** Seconds since `began`, of `performance.now()`. */
export function secondsSince(began: number): number {
  return (performance.now() - began) / 1000;
}
