import type { DocumentKind } from '@tandem/protocol';
import * as Y from 'yjs';
import { ByteWriter } from '../../core/document/update/byte-writer.js';
import { decodeUpdate, TEXT_ROOT } from '../../core/document/update/decode-update.js';
import type { DecodedUpdate, StructBlock } from '../../core/document/update/decoded-update.js';

/** The tasks of the worker thread: all that needs a parsed `Y.Doc`. */

export interface CompactedUpdate {
  bytes: Uint8Array;
  blocks: readonly StructBlock[];
  deleteSet: Uint8Array;
}

/** The compacted update, taken apart for the snapshot; throws when it does not hold the same document. */
export function compact({ update, kind }: { update: Uint8Array; kind: DocumentKind }): CompactedUpdate {
  const doc = parse(update);
  const compacted = Y.encodeStateAsUpdate(doc);
  const again = parse(compacted);
  const before = decoded(update, kind);
  const after = decoded(Y.encodeStateAsUpdate(again), kind);
  if (!sameEnds(before, after) || !sameDeletes(before, decoded(compacted, kind), after, kind)) {
    throw new Error('compaction lost ids');
  }
  if (kind === 'text' && doc.getText(TEXT_ROOT).toString() !== again.getText(TEXT_ROOT).toString()) {
    throw new Error('compaction lost text');
  }
  const deleteSet = new ByteWriter();
  after.deletes.write(deleteSet);
  return { bytes: after.bytes, blocks: after.blocks, deleteSet: deleteSet.finish() };
}

export function textOf({ update }: { update: Uint8Array }): string {
  return parse(update).getText(TEXT_ROOT).toString();
}

export function encodeText({ text }: { text: string }): { update: Uint8Array; clientId: number } {
  const doc = new Y.Doc();
  if (text !== '') doc.getText(TEXT_ROOT).insert(0, text);
  return { update: Y.encodeStateAsUpdate(doc), clientId: doc.clientID };
}

function parse(update: Uint8Array): Y.Doc {
  const doc = new Y.Doc();
  Y.applyUpdate(doc, update);
  if (doc.store.pendingStructs || doc.store.pendingDs) throw new Error('the stored document has a gap');
  return doc;
}

function decoded(update: Uint8Array, kind: DocumentKind): DecodedUpdate {
  const decoded = decodeUpdate(update, kind);
  if (typeof decoded === 'string') throw new Error(`compaction made ${decoded}`);
  return decoded;
}

function sameEnds(a: DecodedUpdate, b: DecodedUpdate): boolean {
  const ends = new Map(a.blocks.map((block) => [block.client, block.end]));
  return b.blocks.length === ends.size && b.blocks.every((block) => ends.get(block.client) === block.end);
}

/**
 * In plain text a delete is what somebody deleted. In a free document Yjs deletes by itself as well, in every replica
 * and told by no update: the loser of two entries under one key, what stands under a deleted type, and as GC what
 * stands under something that is no type. There more may be deleted than the rows say, but nothing less, and reading
 * the result again must not delete more.
 */
function sameDeletes(before: DecodedUpdate, once: DecodedUpdate, twice: DecodedUpdate, kind: DocumentKind): boolean {
  if (!once.deletes.equals(twice.deletes)) return false;
  return kind === 'text' ? before.deletes.equals(once.deletes) : once.deletes.coversAll(before.deletes);
}
