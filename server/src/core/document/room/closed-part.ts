import type { DocumentKind } from '@tandem/protocol';
import { decodeUpdate } from '../update/decode-update.js';
import type { DecodedUpdate, StructBlock } from '../update/decoded-update.js';
import { encodeUpdate, type StructRun } from '../update/encode-update.js';
import { IdRanges } from '../update/id-ranges.js';
import type { KnownIds } from '../update/trim-update.js';
import { isClosed, reachOf } from './causality.js';

/**
 * As much of a trimmed update as Yjs could integrate at once: of each client the structs before the first that needs what is
 * missing, and the deletes of what is there then. Undefined when that is nothing.
 */
export function closedPart(update: DecodedUpdate, known: KnownIds, kind: DocumentKind): DecodedUpdate | undefined {
  if (isClosed(update, known)) return update;
  const reach = reachOf(update, known);
  const structs = decoded(update.bytes, kind, 0);
  const runs = structs.blocks.flatMap((block) => runUpTo(structs.bytes, block, reach.get(block.client)!));
  const deletes = new IdRanges();
  for (const [client, start, end] of update.listed) {
    deletes.add(client, start, Math.min(end, Math.max(known.end(client), reach.get(client) ?? 0)));
  }
  return runs.length === 0 && deletes.isEmpty ? undefined : decoded(encodeUpdate(runs, deletes), kind);
}

/** Of a block that can be cut between all of its structs. */
function runUpTo(bytes: Uint8Array, block: StructBlock, end: number): StructRun[] {
  const { client, clock, from } = block;
  const stop = end >= block.end ? { clock: block.end, at: block.to, structs: block.structs } : undefined;
  const cut = stop ?? block.cuts.find((one) => one.clock === end);
  if (!cut) return [];
  return [{ client, clock, end: cut.clock, structs: cut.structs, parts: [bytes.subarray(from, cut.at)] }];
}

function decoded(bytes: Uint8Array, kind: DocumentKind, chunkBytes?: number): DecodedUpdate {
  const update = decodeUpdate(bytes, kind, chunkBytes);
  if (typeof update === 'string') throw new Error(`our own encoding is refused: ${update}`);
  return update;
}
