import { afterAll, beforeEach, describe, expect, it } from '@jest/globals';
import * as Y from 'yjs';
import { MemoryUpdateLog } from '../../../adapters/memory/memory-update-log.js';
import { WorkerReplicas } from '../../../adapters/worker/worker-replicas.js';
import type { Located } from '../../../core/ai/replicas.js';
import { TextIds } from '../../../core/ai/text-ids.js';
import { pick, seeded } from '../../../testing/yjs-edits.js';
import { DocumentReplicas } from './document-replicas.js';

const base64 = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64');
const unused = new AbortController().signal;

describe('DocumentReplicas', () => {
  const thread = new WorkerReplicas();
  let log: MemoryUpdateLog;
  let replicas: DocumentReplicas;
  let documents = 0;
  beforeEach(() => {
    log = new MemoryUpdateLog();
    replicas = new DocumentReplicas(log, thread);
  });
  afterAll(() => thread.close());

  /** A document whose edits go into the log. */
  function typed(kind: 'stored' | 'held' = 'stored') {
    const documentId = `document ${documents++}`;
    log.create(documentId, 'project');
    const doc = new Y.Doc();
    const held: Uint8Array[] = [];
    const store = (bytes: Uint8Array) =>
      log.append(
        [{ documentId, epoch: 1, accessVersion: 1, rows: [{ userId: 'ada', bytes, provenance: undefined }] }],
        0,
      );
    doc.on('update', (bytes: Uint8Array) => {
      if (kind === 'held') held.push(bytes);
      else void store(bytes);
    });
    const release = () => Promise.all(held.splice(0).map(store));
    return { documentId, doc, text: doc.getText('content'), release };
  }

  const ask = (documentId: string, doc: Y.Doc, place: { anchor?: string; offset?: number }, patienceMs = 0) =>
    replicas.locate(
      documentId,
      { anchor: place.anchor, offset: place.offset, stateVector: base64(Y.encodeStateVector(doc)) },
      patienceMs,
      unused,
    );
  const at = (text: Y.Text, index: number) =>
    base64(Y.encodeRelativePosition(Y.createRelativePositionFromTypeIndex(text, index, -1)));

  it('follows the log, edit by edit, and tells the text around the caret', async () => {
    const { documentId, doc, text } = typed();
    const random = seeded(11);
    for (let n = 0; n < 60; n++) {
      const index = Math.floor(random() * (text.length + 1));
      if (n % 5 === 4 && text.length > 3) text.delete(Math.min(index, text.length - 2), 2);
      else text.insert(index, pick(random, ['ab', '\n', 'λ🙂', 'const ']));
      const caret = Math.floor(random() * (text.length + 1));
      const whole = text.toString();
      const found = (await ask(documentId, doc, { anchor: at(text, caret) })) as Located;
      expect(found).toMatchObject({ type: 'located', prefix: whole.slice(0, caret), suffix: whole.slice(caret) });
      expect(found.before + found.after).toBe(whole.split('\n')[whole.slice(0, caret).split('\n').length - 1]);
    }
  });

  it('waits for what the asker sees, and not for ever', async () => {
    const { documentId, doc, text, release } = typed('held');
    text.insert(0, 'typed');
    expect(await ask(documentId, doc, { anchor: at(text, 5) }, 20)).toEqual({ type: 'behind' });
    const answer = ask(documentId, doc, { anchor: at(text, 5) }, 5_000);
    await release();
    expect(await answer).toMatchObject({ type: 'located', prefix: 'typed' });
  });

  it('an offset means the text that the asker saw', async () => {
    const { documentId, doc, text } = typed();
    text.insert(0, 'one two');
    const seen = new Y.Doc();
    Y.applyUpdate(seen, Y.encodeStateAsUpdate(doc));
    text.insert(0, 'zero ');
    text.insert(text.length, ' three');
    text.insert(text.toString().indexOf('two'), 'and ');
    expect(await ask(documentId, seen, { offset: 2 })).toMatchObject({ prefix: 'zero on' });
    expect(await ask(documentId, seen, { offset: 7 })).toMatchObject({ prefix: 'zero one and two' });
    expect(await ask(documentId, seen, { offset: 0 })).toMatchObject({ suffix: expect.stringContaining('one') });
    expect(await ask(documentId, seen, { offset: 8 })).toEqual({ type: 'malformed' });
  });

  it('knows when the text at the caret is gone, or was never there', async () => {
    const { documentId, doc, text } = typed();
    text.insert(0, 'abcd');
    const anchor = at(text, 3);
    text.delete(1, 3);
    expect(await ask(documentId, doc, { anchor })).toEqual({ type: 'gone' });
    const other = new Y.Doc();
    other.getText('elsewhere').insert(0, 'x');
    for (const bad of [at(other.getText('elsewhere'), 1), at(other.getText('elsewhere'), 0), 'AAAA', '']) {
      expect(await ask(documentId, doc, { anchor: bad })).toEqual({ type: 'malformed' });
    }
    const vector = { anchor: at(text, 1), offset: undefined, stateVector: '/////w==' };
    expect(await replicas.locate(documentId, vector, 0, unused)).toMatchObject({ type: 'malformed' });
  });

  it('loads anew what the thread has dropped, and what somebody else brought to another state', async () => {
    const { documentId, doc, text } = typed();
    text.insert(0, 'first');
    expect(await replicas.text(documentId)).toMatchObject({ text: 'first', seq: 1 });
    text.insert(5, ' second');
    const others = new DocumentReplicas(log, thread);
    expect(await others.text(documentId)).toMatchObject({ text: 'first second', seq: 2 });
    text.insert(0, '> ');
    expect(await replicas.text(documentId)).toMatchObject({ text: '> first second', seq: 3 });
    for (let n = 0; n < 210; n++) {
      const more = typed();
      more.text.insert(0, `${n}`);
      await replicas.text(more.documentId);
    }
    expect(await ask(documentId, doc, { anchor: at(text, 2) })).toMatchObject({ type: 'located', prefix: '> ' });
  });

  it('names the characters of a text so that they are found in a later one', async () => {
    const { documentId, doc, text } = typed();
    text.insert(0, 'let a = debugger;');
    const snapshot = await replicas.text(documentId);
    const { start, end } = new TextIds(snapshot.ids, snapshot.text.length).anchors(8, 16);
    text.insert(0, 'above\n');
    const index = (anchor: string) =>
      Y.createAbsolutePositionFromRelativePosition(Y.decodeRelativePosition(Buffer.from(anchor, 'base64')), doc)!.index;
    expect(text.toString().slice(index(start), index(end))).toBe('debugger');
  });

  it('rejects for a document that is not there', async () => {
    await expect(replicas.text('nowhere')).rejects.toMatchObject({ code: 'not_found' });
  });
});
