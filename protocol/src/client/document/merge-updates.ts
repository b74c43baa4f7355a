import * as Y from 'yjs';

/** Above this many at once `Y.mergeUpdates` becomes quadratic in effect; small chunks, merged again, stay linear. */
const CHUNK = 16;

/** Merges updates in order, as a tree. */
export const mergeUpdates = (updates: readonly Uint8Array[]): Uint8Array => {
  let level = [...updates];
  while (level.length > 1) {
    const next: Uint8Array[] = [];
    for (let i = 0; i < level.length; i += CHUNK) {
      const chunk = level.slice(i, i + CHUNK);
      next.push(chunk.length === 1 ? chunk[0]! : Y.mergeUpdates(chunk));
    }
    level = next;
  }
  return level[0] ?? new Uint8Array([0, 0]);
};

/** Which clocks of which clients an update holds: `[from, to)`. */
export type ClockRanges = ReadonlyMap<number, readonly [from: number, to: number]>;

export const clockRanges = (update: Uint8Array): ClockRanges => {
  const { from, to } = Y.parseUpdateMeta(update);
  return new Map([...from].map(([client, start]) => [client, [start, to.get(client) ?? start] as const]));
};

/**
 * Whether `next` follows `held` without a hole. Merging over a hole would write a Skip struct, which servers refuse
 * in a text document.
 */
export const follows = (held: ClockRanges, next: ClockRanges): boolean =>
  [...next].every(([client, [from]]) => from <= (held.get(client)?.[1] ?? from));

export const joinRanges = (held: ClockRanges, next: ClockRanges): ClockRanges => {
  const joined = new Map(held);
  for (const [client, [from, to]] of next) {
    const known = joined.get(client);
    joined.set(client, known ? [Math.min(known[0], from), Math.max(known[1], to)] : [from, to]);
  }
  return joined;
};
