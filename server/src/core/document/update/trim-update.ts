import type { DocumentKind } from '@tandem/protocol';
import { runNow, type Work } from '../../work.js';
import { cutChunk, firstEndingAfter, toChunk, toRun } from '../chunk.js';
import { Excess } from './decode-bounds.js';
import { decodingUpdate } from './decode-update.js';
import { chunksOf, type DecodedUpdate } from './decoded-update.js';
import { encodeUpdate, type StructRun } from './encode-update.js';
import { IdRanges } from './id-ranges.js';

/** Ranges, and blocks, of one piece of long work. */
const PIECE = 1024;

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
  const overlaps = isKnownInPart(update, known);
  if (!overlaps) {
    if (update.listed.isEmpty) return update.blocks.length > 0 ? update : undefined;
    if (isAllNew(update.listed, known)) return update;
  }
  return runNow(trimming(update, known, kind, overlaps, Number.POSITIVE_INFINITY)) as DecodedUpdate | undefined;
}

/**
 * As `trimUpdate`, in pieces. What becomes known meanwhile may still be in what comes out. Excess when more than `maxRanges`
 * ranges of deletes are new.
 */
export function trimmingUpdate(
  update: DecodedUpdate,
  known: KnownIds,
  kind: DocumentKind,
): Work<DecodedUpdate | undefined>;
export function trimmingUpdate(
  update: DecodedUpdate,
  known: KnownIds,
  kind: DocumentKind,
  maxRanges: number,
): Work<DecodedUpdate | undefined | Excess>;
export function* trimmingUpdate(
  update: DecodedUpdate,
  known: KnownIds,
  kind: DocumentKind,
  maxRanges = Number.POSITIVE_INFINITY,
): Work<DecodedUpdate | undefined | Excess> {
  const overlaps = isKnownInPart(update, known);
  if (!overlaps && update.listed.isEmpty) return update.blocks.length > 0 ? update : undefined;
  return yield* trimming(update, known, kind, overlaps, maxRanges);
}

function isKnownInPart(update: DecodedUpdate, known: KnownIds): boolean {
  for (const block of update.blocks) if (block.clock < known.end(block.client)) return true;
  return false;
}

function isAllNew(listed: IdRanges, known: KnownIds): boolean {
  for (const [client, start, end] of listed) if (!isNew(known, client, start, end)) return false;
  return true;
}

function isNew(known: KnownIds, client: number, start: number, end: number): boolean {
  let isWhole = false;
  known.eachUndeleted(client, start, end, (from, to) => {
    isWhole = from === start && to === end;
  });
  return isWhole;
}

function* trimming(
  update: DecodedUpdate,
  known: KnownIds,
  kind: DocumentKind,
  overlaps: boolean,
  maxRanges: number,
): Work<DecodedUpdate | undefined | Excess> {
  const deletes = yield* newDeletes(update.listed, known, maxRanges);
  if (deletes instanceof Excess) return deletes;
  const runs = overlaps ? yield* newRuns(update, known, kind) : undefined;
  if ((runs ?? update.blocks).length === 0 && deletes.isEmpty) return undefined;
  if (!runs && deletes === update.listed) return update;
  yield* deletes.encoding();
  const bytes = encodeUpdate(runs ?? [...wholeRuns(update)], deletes);
  const trimmed = yield* decodingUpdate(bytes, kind);
  if (typeof trimmed === 'string') throw new Error(`our own encoding is refused: ${trimmed}`);
  return trimmed;
}

/** `listed` itself when all of it is new. */
function* newDeletes(listed: IdRanges, known: KnownIds, maxRanges: number): Work<IdRanges | Excess> {
  const deletes = new IdRanges();
  let isAll = true;
  let read = 0;
  for (const [client, start, end] of listed) {
    let isWhole = false;
    known.eachUndeleted(client, start, end, (from, to) => {
      isWhole = from === start && to === end;
      deletes.add(client, from, to);
    });
    if (!isWhole) isAll = false;
    if (++read % PIECE !== 0) continue;
    if (read > maxRanges && deletes.rangeCount > maxRanges) return new Excess(maxRanges);
    yield;
  }
  return isAll ? listed : deletes;
}

/** Of each client what comes after the clocks that are known. */
function* newRuns(update: DecodedUpdate, known: KnownIds, kind: DocumentKind): Work<StructRun[]> {
  const runs: StructRun[] = [];
  for (const [index, block] of update.blocks.entries()) {
    if (index % PIECE === PIECE - 1) yield;
    const end = known.end(block.client);
    if (block.end <= end) continue;
    const chunks = [...chunksOf(update.bytes, [block])].map(toChunk);
    const first = firstEndingAfter(chunks, end);
    runs.push(toRun(block.client, [...cutChunk(block.client, chunks[first]!, end, kind), ...chunks.slice(first + 1)]));
    yield;
  }
  return runs;
}

function* wholeRuns({ bytes, blocks }: DecodedUpdate): IterableIterator<StructRun> {
  for (const block of blocks) yield { ...block, parts: [bytes.subarray(block.from, block.to)] };
}
