import { createHash } from 'node:crypto';
import type { DocumentKind } from '@tandem/protocol';
import * as Y from 'yjs';
import type { DigestDepth } from '../../core/document/document-digests.js';
import { encodeSnapshot } from '../../core/document/snapshot-codec.js';
import { ByteWriter } from '../../core/document/update/byte-writer.js';
import { decodeUpdate, TEXT_ROOT } from '../../core/document/update/decode-update.js';
import { chunksOf, type DecodedUpdate } from '../../core/document/update/decoded-update.js';
import { IdRanges } from '../../core/document/update/id-ranges.js';
import type { StoredSnapshot } from '../../core/document/update-log.js';

/** The tasks of the worker thread: all that needs a parsed `Y.Doc`. */

export interface CompactTask {
  readonly update: Uint8Array;
  readonly kind: DocumentKind;
  readonly seq: number;
}

export interface DigestTask {
  readonly update: Uint8Array;
  readonly kind: DocumentKind;
  readonly depth: DigestDepth;
}

export interface CompactedUpdate {
  readonly snapshot: StoredSnapshot;
  /** A delete set: `Compaction.moreDeletes`. */
  readonly moreDeletes: Uint8Array;
}

/** The snapshot as it is stored, so that the main thread copies nothing together; throws when it is not the same document. */
export function compact({ update, kind, seq }: CompactTask): CompactedUpdate {
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
  const snapshot = encodeSnapshot({ seq, runs: [...chunksOf(after.bytes, after.blocks)], deletes: after.deletes });
  const more = new ByteWriter();
  missingFrom(before.deletes, after.deletes).write(more);
  return { snapshot: { ...snapshot, deleteSet: snapshot.deleteSet.slice() }, moreDeletes: more.finish().slice() };
}

/** See DocumentDigests. */
export function digest({ update, kind, depth }: DigestTask): string {
  const listed = decoded(update, kind);
  const doc = depth === 'content' ? parse(update) : undefined;
  const ids = new ByteWriter(listed.deletes.maxByteLength);
  for (const { client, end } of [...listed.blocks].sort((a, b) => b.client - a.client)) {
    ids.varUint(client);
    ids.varUint(end);
  }
  // Of a free document only what Yjs makes of it says what is deleted.
  if (kind === 'text') listed.deletes.write(ids);
  else if (doc) decoded(Y.encodeStateAsUpdate(doc), kind).deletes.write(ids);
  const hash = createHash('sha256').update(ids.finish());
  if (kind === 'text' && doc) hash.update(doc.getText(TEXT_ROOT).toString());
  return hash.digest('base64');
}

function missingFrom(known: IdRanges, all: IdRanges): IdRanges {
  const missing = new IdRanges();
  for (const [client, start, end] of all) {
    known.eachMissing(client, start, end, (from, to) => missing.add(client, from, to));
  }
  return missing;
}

export function textOf({ update }: { update: Uint8Array }): string {
  return parse(update).getText(TEXT_ROOT).toString();
}

export function encodeText({ text }: { text: string }): { update: Uint8Array; clientId: number } {
  const doc = new Y.Doc();
  if (text !== '') doc.getText(TEXT_ROOT).insert(0, text);
  return { update: Y.encodeStateAsUpdate(doc), clientId: doc.clientID };
}

export function parse(update: Uint8Array): Y.Doc {
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

export function sameEnds(a: DecodedUpdate, b: DecodedUpdate): boolean {
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
