import type { StructRun } from './encode-update.js';
import type { IdRanges } from './id-ranges.js';

/** The consecutive structs of one client: clocks `[clock, end)`, bytes `[from, to)` of the update. */
export interface StructBlock {
  readonly client: number;
  readonly clock: number;
  readonly end: number;
  readonly structs: number;
  readonly from: number;
  readonly to: number;
  /** Where a large block may be cut into chunks, ascending. */
  readonly cuts: readonly Cut[];
}

/** A boundary between two structs of a block: the clock and the byte of the second, and the structs before it. */
export interface Cut {
  readonly clock: number;
  readonly at: number;
  readonly structs: number;
}

/**
 * What admission and encoding need to know of an update, without building a single Yjs object.
 *
 *     update := varUint blocks  { varUint structs, varUint client, varUint clock, struct* }*  deleteSet
 */
export interface DecodedUpdate {
  readonly bytes: Uint8Array;
  readonly blocks: readonly StructBlock[];
  /**
   * Ids that structs refer to and that are not earlier ones of their own block, as flat quadruples: index of the
   * block, clock of the struct, client and clock of what it needs.
   */
  readonly needs: readonly number[];
  /** The delete set, and the ids of content that came already deleted. */
  readonly deletes: IdRanges;
  /** The part of `deletes` that the delete set itself lists. */
  readonly listed: IdRanges;
  readonly structCount: number;
}

/** The blocks of an update cut into chunks, in their order. */
export function* chunksOf(bytes: Uint8Array, blocks: readonly StructBlock[]): IterableIterator<StructRun> {
  for (const { client, clock, end, structs, from, to, cuts } of blocks) {
    let start: Cut = { clock, at: from, structs: 0 };
    for (const stop of [...cuts, { clock: end, at: to, structs }]) {
      const part = bytes.subarray(start.at, stop.at);
      yield { client, clock: start.clock, end: stop.clock, structs: stop.structs - start.structs, parts: [part] };
      start = stop;
    }
  }
}
