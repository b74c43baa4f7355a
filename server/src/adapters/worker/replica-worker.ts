import * as Y from 'yjs';
import type { CompletionQuestion } from '../../core/ai/ai-requests.js';
import {
  type LocateAnswer,
  PLAIN_LENGTH,
  type PlainText,
  PREFIX_LENGTH,
  type ReplicaNews,
  SUFFIX_LENGTH,
  type TextSnapshot,
  type UnknownReplica,
} from '../../core/ai/replicas.js';
import { TEXT_ROOT } from '../../core/document/update/decode-update.js';

/** The tasks of the thread that holds parsed documents. Its memory is the module's: it ends with the thread. */

interface Replica {
  readonly doc: Y.Doc;
  seq: number;
  /** Of `seq`. */
  text: string | undefined;
}

interface Task {
  readonly documentId: string;
  readonly news: ReplicaNews | undefined;
}

/** Parsed text takes about ten times its bytes; the least recently used go first. */
const MAX_TEXT_UNITS = 16 * 1024 * 1024;
const MAX_REPLICAS = 200;
const CONTEXT_UNITS = 128;

const replicas = new Map<string, Replica>();

export function locate(
  task: Task & { question: Pick<CompletionQuestion, 'anchor' | 'offset' | 'stateVector'> },
): LocateAnswer {
  const replica = bringUp(task);
  if (!replica) return { type: 'unknown' };
  const wanted = decodeVector(task.question.stateVector);
  if (!wanted) return { type: 'malformed' };
  for (const [client, clock] of wanted) {
    if (Y.getState(replica.doc.store, client) < clock) return { type: 'behind' };
  }
  const offset = resolve(replica, task.question, wanted);
  return typeof offset === 'number' ? describe(replica, offset) : offset;
}

export function text(task: Task): TextSnapshot | UnknownReplica {
  const replica = bringUp(task);
  if (!replica) return { type: 'unknown' };
  const ids: number[] = [];
  let offset = 0;
  for (let item = rootOf(replica)._start; item !== null; item = item.right) {
    if (item.deleted || !item.countable) continue;
    ids.push(offset, item.id.client, item.id.clock);
    offset += item.length;
  }
  return {
    type: 'text',
    seq: replica.seq,
    stateVector: Y.encodeStateVector(replica.doc),
    text: textOf(replica),
    ids: Float64Array.from(ids),
  };
}

export function plainText(task: Task): PlainText | UnknownReplica {
  const replica = bringUp(task);
  if (!replica) return { type: 'unknown' };
  return { type: 'plain', seq: replica.seq, text: textOf(replica).slice(0, PLAIN_LENGTH) };
}

function bringUp({ documentId, news }: Task): Replica | undefined {
  let replica = replicas.get(documentId);
  if (news?.base) {
    replica = { doc: new Y.Doc(), seq: 0, text: undefined };
    Y.applyUpdate(replica.doc, news.base);
  } else if (!replica || (news && news.seq - news.rows.length !== replica.seq)) return undefined;
  if (news) {
    for (const row of news.rows) Y.applyUpdate(replica.doc, row);
    if (news.seq !== replica.seq) replica.text = undefined;
    replica.seq = news.seq;
  }
  // The newest stands last.
  replicas.delete(documentId);
  replicas.set(documentId, replica);
  evict();
  return replica;
}

function evict(): void {
  let units = 0;
  for (const replica of replicas.values()) units += rootOf(replica).length;
  for (const [documentId, replica] of replicas) {
    if (replicas.size <= 1 || (units <= MAX_TEXT_UNITS && replicas.size <= MAX_REPLICAS)) return;
    units -= rootOf(replica).length;
    replicas.delete(documentId);
    replica.doc.destroy();
  }
}

function rootOf({ doc }: Replica): Y.Text {
  return doc.getText(TEXT_ROOT);
}

function textOf(replica: Replica): string {
  replica.text ??= rootOf(replica).toString();
  return replica.text;
}

function decodeVector(base64: string): Map<number, number> | undefined {
  try {
    return Y.decodeStateVector(Buffer.from(base64, 'base64'));
  } catch {
    return undefined;
  }
}

function resolve(
  replica: Replica,
  { anchor, offset }: Pick<CompletionQuestion, 'anchor' | 'offset'>,
  seen: ReadonlyMap<number, number>,
): number | LocateAnswer {
  if (anchor === undefined) return offsetNow(replica, offset!, seen);
  let position: Y.RelativePosition;
  try {
    position = Y.decodeRelativePosition(Buffer.from(anchor, 'base64'));
  } catch {
    return { type: 'malformed' };
  }
  const { item, tname, type } = position;
  if (type !== null || (item === null && tname !== TEXT_ROOT)) return { type: 'malformed' };
  if (item !== null) {
    if (Y.getState(replica.doc.store, item.client) <= item.clock) return { type: 'malformed' };
    const struct = Y.getItem(replica.doc.store, item);
    if (!(struct instanceof Y.Item) || struct.deleted) return { type: 'gone' };
    if (struct.parent !== rootOf(replica)) return { type: 'malformed' };
  }
  const absolute = Y.createAbsolutePositionFromRelativePosition(position, replica.doc, false);
  return absolute === null ? { type: 'gone' } : absolute.index;
}

/**
 * Where `offset` of the text that the asker saw is now. A state vector does not tell of deletes: what was deleted since
 * counts as gone when the asker saw it.
 */
function offsetNow(replica: Replica, offset: number, seen: ReadonlyMap<number, number>): number | LocateAnswer {
  let rest = offset;
  let index = 0;
  for (let item = rootOf(replica)._start; item !== null; item = item.right) {
    if (item.deleted || !item.countable) continue;
    const known = Math.min(item.length, Math.max(0, (seen.get(item.id.client) ?? 0) - item.id.clock));
    if (rest <= known && known > 0) return index + rest;
    rest -= known;
    index += item.length;
  }
  return rest === 0 ? index : { type: 'malformed' };
}

function describe(replica: Replica, offset: number): LocateAnswer {
  const all = textOf(replica);
  const root = rootOf(replica);
  const encode = (assoc: 0 | -1) =>
    base64(Y.encodeRelativePosition(Y.createRelativePositionFromTypeIndex(root, offset, assoc)));
  const lineStart = all.lastIndexOf('\n', offset - 1) + 1;
  const lineEnd = all.indexOf('\n', offset);
  return {
    type: 'located',
    seq: replica.seq,
    stateVector: base64(Y.encodeStateVector(replica.doc)),
    anchor: encode(-1),
    end: encode(0),
    before: all.slice(Math.max(offset === 0 ? 0 : lineStart, offset - CONTEXT_UNITS), offset),
    after: all.slice(offset, Math.min(lineEnd === -1 ? all.length : lineEnd, offset + CONTEXT_UNITS)),
    prefix: all.slice(Math.max(0, offset - PREFIX_LENGTH), offset),
    suffix: all.slice(offset, offset + SUFFIX_LENGTH),
  };
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64');
}
