import type { DecodedUpdate } from '../update/decoded-update.js';
import type { KnownIds } from '../update/trim-update.js';

/**
 * Whether Yjs could integrate all of a trimmed update at once: nothing that it refers to is missing. A document of ours
 * never holds pending structs (A7): they cost quadratic time and nobody could tell what they will become.
 */
export function isClosed(update: DecodedUpdate, known: KnownIds): boolean {
  for (const block of update.blocks) if (block.clock > known.end(block.client)) return false;
  const open = unmetNeeds(update, known);
  if (open.length > 0 && !integrates(update, known, open)) return false;
  return deletesAreKnown(update, known);
}

/** The needs that the document itself does not meet; none in all but a resync of several clients. */
function unmetNeeds(update: DecodedUpdate, known: KnownIds): number[] {
  const unmet: number[] = [];
  for (let i = 0; i < update.needs.length; i += 4) {
    if (update.needs[i + 3]! >= known.end(update.needs[i + 2]!)) {
      unmet.push(update.needs[i]!, update.needs[i + 1]!, update.needs[i + 2]!, update.needs[i + 3]!);
    }
  }
  return unmet;
}

/**
 * Blocks may need each other, and a hostile pair may need each other in a circle. Walks the new blocks forward as far as
 * their needs are met by what the others have reached, until nothing moves. Admission bounds the new blocks beforehand:
 * a round costs as many steps as there are blocks, and each round meets at least one need.
 */
function integrates(update: DecodedUpdate, known: KnownIds, needs: readonly number[]): boolean {
  const perBlock = new Map<number, number[]>();
  for (let i = 0; i < needs.length; i += 4) {
    const own = perBlock.get(needs[i]!);
    if (own) own.push(i);
    else perBlock.set(needs[i]!, [i]);
  }
  const reached = new Map<number, number>();
  for (const [index, block] of update.blocks.entries()) if (!perBlock.has(index)) reached.set(block.client, block.end);
  const end = (client: number) => Math.max(known.end(client), reached.get(client) ?? 0);
  const walkers = [...perBlock].map(([index, own]) => ({ block: update.blocks[index]!, own, next: 0 }));
  for (let moved = true; moved; ) {
    moved = false;
    for (const walker of walkers) {
      const { block, own } = walker;
      const before = walker.next;
      while (walker.next < own.length && needs[own[walker.next]! + 3]! < end(needs[own[walker.next]! + 2]!))
        walker.next++;
      const progress = walker.next === own.length ? block.end : needs[own[walker.next]! + 1]!;
      if (walker.next === before && progress <= (reached.get(block.client) ?? 0)) continue;
      reached.set(block.client, progress);
      moved = true;
    }
  }
  return walkers.every(({ own, next }) => next === own.length);
}

function deletesAreKnown(update: DecodedUpdate, known: KnownIds): boolean {
  if (update.listed.isEmpty) return true;
  const ends = new Map(update.blocks.map((block) => [block.client, block.end]));
  for (const [client, , end] of update.listed) {
    if (end > Math.max(known.end(client), ends.get(client) ?? 0)) return false;
  }
  return true;
}
