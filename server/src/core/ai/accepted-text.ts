import type { Provenance } from '@tandem/protocol';
import * as Y from 'yjs';
import { decodeUpdate } from '../document/update/decode-update.js';

/** Structs of an update that a claim is looked for in; who accepts a suggestion sends a handful. */
const MAX_STRUCTS = 1000;

/**
 * The text that an update inserts under exactly these ids; undefined when it does not, or when something else than text
 * stands there. The bytes may be anybody's: they are judged as a text document's first, since Yjs would build whatever they
 * describe.
 */
export function acceptedText(update: Uint8Array, { client, clock, length }: Provenance): string | undefined {
  const judged = decodeUpdate(update, 'text');
  if (typeof judged === 'string' || judged.structCount > MAX_STRUCTS) return undefined;
  let text = '';
  for (const struct of decode(update)) {
    if (struct.id.client !== client || struct.id.clock >= clock + length) continue;
    const skip = clock + text.length - struct.id.clock;
    if (skip < 0 || skip >= struct.length) continue;
    if (!(struct instanceof Y.Item) || !(struct.content instanceof Y.ContentString)) return undefined;
    text += struct.content.str.slice(skip, skip + length - text.length);
  }
  return text.length === length ? text : undefined;
}

function decode(update: Uint8Array): readonly (Y.Item | Y.GC | Y.Skip)[] {
  try {
    return Y.decodeUpdate(update).structs as (Y.Item | Y.GC | Y.Skip)[];
  } catch {
    return [];
  }
}
