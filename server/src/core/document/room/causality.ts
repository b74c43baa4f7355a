import { runNow, type Work } from '../../work.js';
import type { DecodedUpdate, StructBlock } from '../update/decoded-update.js';
import type { KnownIds } from '../update/trim-update.js';

/** Needs of one piece of long work. */
const PIECE = 4096;

/**
 * Whether Yjs could integrate all of a trimmed update at once: nothing that it refers to is missing. A document of ours
 * never holds pending structs (A7): they cost quadratic time and nobody could tell what they will become.
 */
export function isClosed(update: DecodedUpdate, known: KnownIds): boolean {
  if (hasHole(update, known)) return false;
  const open = unmetNeeds(update, known);
  if (open.length > 0 && !runNow(walking(update, known, open)).isWhole) return false;
  return deletesAreKnown(update, known);
}

/** As `isClosed`, in pieces: true when nothing was missing at some moment or other. */
export function* closing(update: DecodedUpdate, known: KnownIds): Work<boolean> {
  if (hasHole(update, known)) return false;
  const open: number[] = [];
  for (let from = 0; from < update.needs.length; from += 4 * PIECE) {
    addUnmet(open, update, known, from, Math.min(from + 4 * PIECE, update.needs.length));
    yield;
  }
  if (open.length > 0 && !(yield* walking(update, known, open)).isWhole) return false;
  return deletesAreKnown(update, known);
}

/** Whether it leaves clocks out between what is known and its own. */
function hasHole(update: DecodedUpdate, known: KnownIds): boolean {
  for (const block of update.blocks) if (block.clock > known.end(block.client)) return true;
  return false;
}

/**
 * Of each client of a trimmed update, up to which clock Yjs could integrate its structs at once; the clock that the block begins
 * with where nothing of it can be. Such a clock is the beginning of a struct, or the end of the block.
 */
export function reachOf(update: DecodedUpdate, known: KnownIds): ReadonlyMap<number, number> {
  const { reached } = runNow(walking(update, known, unmetNeeds(update, known)));
  return new Map(update.blocks.map(({ client, clock }) => [client, Math.max(clock, reached.get(client) ?? 0)]));
}

/** The needs that the document itself does not meet; none in all but a resync of several clients. */
function unmetNeeds(update: DecodedUpdate, known: KnownIds): number[] {
  const unmet: number[] = [];
  addUnmet(unmet, update, known, 0, update.needs.length);
  return unmet;
}

function addUnmet(unmet: number[], { needs }: DecodedUpdate, known: KnownIds, from: number, to: number): void {
  for (let i = from; i < to; i += 4) {
    if (needs[i + 3]! >= known.end(needs[i + 2]!)) unmet.push(needs[i]!, needs[i + 1]!, needs[i + 2]!, needs[i + 3]!);
  }
}

/**
 * Blocks may need each other, and a hostile pair may need each other in a circle. Walks the new blocks forward as far as
 * their needs are met by what the others have reached, until nothing moves. Admission bounds the new blocks beforehand:
 * a round costs as many steps as there are blocks, and each round meets at least one need.
 */
function* walking(
  update: DecodedUpdate,
  known: KnownIds,
  needs: readonly number[],
): Work<{ isWhole: boolean; reached: ReadonlyMap<number, number> }> {
  const perBlock = new Map<number, number[]>();
  for (let i = 0; i < needs.length; i += 4) {
    const own = perBlock.get(needs[i]!);
    if (own) own.push(i);
    else perBlock.set(needs[i]!, [i]);
    if (i % (4 * PIECE) === 0) yield;
  }
  const reached = new Map<number, number>();
  const walkers: { readonly block: StructBlock; readonly own: readonly number[]; next: number }[] = [];
  for (const [index, block] of update.blocks.entries()) {
    // One that does not continue what is known stands still.
    if (block.clock > known.end(block.client)) continue;
    const own = perBlock.get(index);
    if (own) walkers.push({ block, own, next: 0 });
    else reached.set(block.client, block.end);
  }
  const end = (client: number) => Math.max(known.end(client), reached.get(client) ?? 0);
  let steps = 0;
  for (let moved = true; moved; ) {
    moved = false;
    for (const walker of walkers) {
      const { block, own } = walker;
      const before = walker.next;
      while (walker.next < own.length && needs[own[walker.next]! + 3]! < end(needs[own[walker.next]! + 2]!)) {
        walker.next++;
        if (++steps % PIECE === 0) yield;
      }
      if (++steps % PIECE === 0) yield;
      const progress = walker.next === own.length ? block.end : needs[own[walker.next]! + 1]!;
      if (walker.next === before && progress <= (reached.get(block.client) ?? 0)) continue;
      reached.set(block.client, progress);
      moved = true;
    }
  }
  return { isWhole: walkers.every(({ own, next }) => next === own.length), reached };
}

function deletesAreKnown(update: DecodedUpdate, known: KnownIds): boolean {
  if (update.listed.isEmpty) return true;
  const ends = new Map(update.blocks.map((block) => [block.client, block.end]));
  return update.listed.endsWithin((client) => Math.max(known.end(client), ends.get(client) ?? 0));
}
