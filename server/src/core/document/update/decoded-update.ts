import type { IdRanges } from './id-ranges.js';

/** The consecutive structs of one client: clocks `[clock, end)`, bytes `[from, to)` of the update. */
export interface StructBlock {
  readonly client: number;
  readonly clock: number;
  readonly end: number;
  readonly structs: number;
  readonly from: number;
  readonly to: number;
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
