import type { DocumentKind } from '@tandem/protocol';
import { diffUpdate } from 'yjs';
import { decodeUpdate } from './decode-update.js';
import type { DecodedUpdate } from './decoded-update.js';
import { encodeUpdate } from './encode-update.js';
import { IdRanges } from './id-ranges.js';
import { encodeStateVector } from './state-vector.js';

/** What a document has so far. */
export interface KnownIds {
  /** The first clock of `client` that is not known. */
  end(client: number): number;
  /** Calls back with each part of the range that is not deleted yet. */
  eachUndeleted(client: number, start: number, end: number, callback: (start: number, end: number) => void): void;
}

/**
 * The part of an update that is new, so that the rows of a log stay disjoint and can be joined by copying.
 *
 * @returns the update itself when all of it is new (the rule), undefined when nothing is.
 */
export function trimUpdate(update: DecodedUpdate, known: KnownIds, kind: DocumentKind): DecodedUpdate | undefined {
  const overlaps = update.blocks.some((block) => block.clock < known.end(block.client));
  if (!overlaps && update.listed.isEmpty) return update.blocks.length > 0 ? update : undefined;
  const deletes = new IdRanges();
  for (const [client, start, end] of update.listed) {
    known.eachUndeleted(client, start, end, (from, to) => deletes.add(client, from, to));
  }
  const rest = overlaps ? trimBlocks(update, known, kind) : update;
  if (rest.blocks.length === 0 && deletes.isEmpty) return undefined;
  if (!overlaps && deletes.equals(update.listed)) return update;
  return reencode(rest, deletes, kind);
}

function trimBlocks(update: DecodedUpdate, known: KnownIds, kind: DocumentKind): DecodedUpdate {
  const vector = new Map(update.blocks.map((block) => [block.client, known.end(block.client)]));
  return decoded(diffUpdate(update.bytes, encodeStateVector(vector)), kind);
}

function reencode(update: DecodedUpdate, deletes: IdRanges, kind: DocumentKind): DecodedUpdate {
  const runs = update.blocks.map((block) => ({ ...block, parts: [update.bytes.subarray(block.from, block.to)] }));
  return decoded(encodeUpdate(runs, deletes), kind);
}

function decoded(bytes: Uint8Array, kind: DocumentKind): DecodedUpdate {
  const update = decodeUpdate(bytes, kind);
  if (typeof update === 'string') throw new Error(`our own encoding is refused: ${update}`);
  return update;
}
