import type { DecodedUpdate } from './decoded-update.js';
import { encodeUpdate, type StructRun } from './encode-update.js';
import { IdRanges } from './id-ranges.js';

/** One update out of consecutive rows of a log: disjoint, and for each client without a hole. */
export function joinUpdates(updates: readonly DecodedUpdate[]): Uint8Array {
  if (updates.length === 1) return updates[0]!.bytes;
  const runs = new Map<number, { client: number; clock: number; end: number; structs: number; parts: Uint8Array[] }>();
  const deletes = new IdRanges();
  for (const update of updates) {
    for (const block of update.blocks) {
      const part = update.bytes.subarray(block.from, block.to);
      const run = runs.get(block.client);
      if (run) {
        run.structs += block.structs;
        run.end = block.end;
        run.parts.push(part);
      } else
        runs.set(block.client, {
          client: block.client,
          clock: block.clock,
          end: block.end,
          structs: block.structs,
          parts: [part],
        });
    }
    deletes.addAll(update.listed);
  }
  return encodeUpdate([...runs.values()] satisfies StructRun[], deletes);
}
