/**
 * Bytes of rows between two snapshots that stay, where there were snapshots in between: a text at a moment replays so many.
 * A document whose file is written anew with each save of a tool writes a gigabyte a day.
 */
export const BYTES_BETWEEN_SNAPSHOTS = 32 * 1024 * 1024;

/** A snapshot among those of its document, in the order of `seq`. */
export interface SnapshotPlace {
  readonly id: string;
  /** Something else needs it. */
  readonly isKept: boolean;
  /** Of the rows since the snapshot before it; asked only where one of the two is not kept. */
  readonly bytes: number;
}

/**
 * Which of them may go so that no more than `bytesBetween` lie between two that stay. Decided from the oldest on, so that what
 * is written later changes nothing about it, and asking again lets no more go.
 */
export function dispensable(places: readonly SnapshotPlace[], bytesBetween: number): string[] {
  const ids: string[] = [];
  let since = 0;
  for (const [index, { id, isKept, bytes }] of places.entries()) {
    since += bytes;
    const next = places[index + 1];
    if (isKept || !next || since + next.bytes > bytesBetween) since = 0;
    else ids.push(id);
  }
  return ids;
}
