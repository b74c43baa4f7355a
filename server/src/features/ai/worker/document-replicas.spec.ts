import { afterAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import * as Y from 'yjs';
import { MemoryUpdateLog } from '../../../adapters/memory/memory-update-log.js';
import { WorkerReplicas } from '../../../adapters/worker/worker-replicas.js';
import { DocumentTooSlow, type Located } from '../../../core/ai/replicas.js';
import { TextIds } from '../../../core/ai/text-ids.js';
import { checksum } from '../../../core/document/checksum.js';
import { eventually } from '../../../testing/eventually.js';
import { patience } from '../../../testing/patience.js';
import { siblings } from '../../../testing/siblings.js';
import { EMPTY_CONTENT } from '../../../testing/update-log-contract.js';
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

  it('V5: reads a document that was reset anew, of which no row continues what it had', async () => {
    const { documentId, text } = typed();
    text.insert(0, 'of before');
    expect([(await replicas.text(documentId)).text, await replicas.textFor(documentId)]).toEqual([
      'of before',
      'of before',
    ]);
    log.reset(documentId, 'ada', EMPTY_CONTENT);
    expect([(await replicas.text(documentId)).text, await replicas.textFor(documentId)]).toEqual(['', '']);
    const anew = new Y.Doc();
    anew.getText('content').insert(0, 'fresh');
    const rows = [{ userId: 'ada', bytes: Y.encodeStateAsUpdate(anew), provenance: undefined }];
    await log.append([{ documentId, epoch: 2, accessVersion: 1, rows }], 0);
    expect([(await replicas.text(documentId)).text, await replicas.textFor(documentId)]).toEqual(['fresh', 'fresh']);
  });

  it('rejects for a document that is not there', async () => {
    await expect(replicas.text('nowhere')).rejects.toMatchObject({ code: 'not_found' });
  });

  /** One that Yjs reads for half a minute. */
  function hostile() {
    const { documentId } = typed();
    const bytes = siblings(40_000);
    const row = { userId: 'mallory', bytes, checksum: checksum(bytes), provenance: undefined };
    log.documents.get(documentId)!.rows.push(row);
    return documentId;
  }
  const place = { anchor: undefined, offset: 0, stateVector: base64(new Uint8Array([0])) };
  const tooSlow = (isRemembered: boolean) => expect.objectContaining({ isRemembered }) as unknown;

  it('a document that is slow to read holds up nobody else, and is not tried again for a while', async () => {
    const quick = typed();
    quick.text.insert(0, 'quick');
    let now = 0;
    const limited = new WorkerReplicas({ largeMs: 700 });
    const others = new DocumentReplicas(log, limited, () => now);
    await others.text(quick.documentId);
    const load = jest.spyOn(log, 'load');
    const slow = [hostile(), hostile()];
    const asked = slow.flatMap((documentId) => [1, 2, 3].map(() => others.locate(documentId, place, 250, unused)));
    const outcomes = Promise.allSettled(asked);
    let isOver = false;
    void outcomes.then(() => {
      isOver = true;
    });
    for (let n = 0; n < 20; n++) {
      expect(await others.locate(quick.documentId, place, 250, unused)).toMatchObject({ prefix: 'quick' });
    }
    expect(isOver).toBe(false);
    const reasons = (await outcomes).map((outcome) => (outcome as PromiseRejectedResult).reason as unknown);
    expect(reasons.every((reason) => reason instanceof DocumentTooSlow)).toBe(true);
    expect(reasons).toEqual([false, true, true, false, true, true].map(tooSlow));
    expect(load).toHaveBeenCalledTimes(2);
    await expect(others.text(slow[0]!)).rejects.toEqual(tooSlow(true));
    // The small one was not forgotten with them.
    await others.locate(quick.documentId, place, 250, unused);
    expect(load).toHaveBeenCalledTimes(2);
    log.documents.get(slow[0]!)!.epoch++;
    await expect(others.text(slow[0]!)).rejects.toEqual(tooSlow(false));
    now += 10 * 60_000;
    await expect(others.text(slow[1]!)).rejects.toEqual(tooSlow(false));
    await limited.close();
  });

  it('who does not want an answer any more is let go at once, and what waits is not done', async () => {
    const limited = new WorkerReplicas({ largeMs: 1_500 });
    const others = new DocumentReplicas(log, limited);
    const load = jest.spyOn(log, 'load');
    const [slow, waits] = [hostile(), hostile()];
    const [first, second] = [new AbortController(), new AbortController()];
    const outcomes = [others.locate(slow, place, 0, first.signal), others.locate(waits, place, 0, second.signal)];
    const seen = Promise.allSettled(outcomes);
    // The first has the thread, the second waits for it.
    await eventually('both are read from the log', () => load.mock.calls.length === 2);
    const gone = new Error('superseded');
    first.abort(gone);
    second.abort(gone);
    expect(await seen).toEqual([1, 2].map(() => ({ status: 'rejected', reason: gone })));
    // Else this one waited for the turn of `waits` too.
    const began = performance.now();
    await expect(others.text(hostile())).rejects.toEqual(tooSlow(false));
    expect(performance.now() - began).toBeLessThan(2 * 1_500 + 1_000 * patience());
    await limited.close();
  });

  it('ends in the middle of a slow document', async () => {
    const limited = new WorkerReplicas();
    const others = new DocumentReplicas(log, limited);
    const outcomes = Promise.allSettled([others.text(hostile()), others.text(hostile())]);
    const quick = typed();
    quick.text.insert(0, 'quick');
    await others.text(quick.documentId);
    const began = performance.now();
    await limited.close();
    expect((await outcomes).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    // Reading one of them to its end would take half a minute.
    expect(performance.now() - began).toBeLessThan(1_000 * patience());
  });

  it('a document that grows moves to the thread of the large ones, with all that is in it', async () => {
    const { documentId, doc, text } = typed();
    text.insert(0, 'small');
    expect(await replicas.text(documentId)).toMatchObject({ text: 'small' });
    for (let n = 0; n < 4; n++) text.insert(0, 'x'.repeat(100_000));
    expect((await replicas.text(documentId)).text).toBe(text.toString());
    text.insert(0, '> ');
    expect(await ask(documentId, doc, { anchor: at(text, 2) })).toMatchObject({ type: 'located', prefix: '> ' });
  });

  it('reads a text for prompts once for all who want it, and not again before it changes', async () => {
    const { documentId, text } = typed();
    text.insert(0, 'x'.repeat(300_000));
    const plain = jest.spyOn(thread, 'plainText');
    const texts = await Promise.all([1, 2, 3].map(() => replicas.textFor(documentId)));
    expect(texts).toEqual([1, 2, 3].map(() => 'x'.repeat(256 * 1024)));
    await replicas.textFor(documentId, unused);
    expect(plain).toHaveBeenCalledTimes(1);
    text.insert(0, 'new ');
    expect((await replicas.textFor(documentId)).slice(0, 5)).toBe('new x');
    expect(plain).toHaveBeenCalledTimes(2);
    plain.mockRestore();
  });

  it('goes on with a text as long as one of those who asked waits for it', async () => {
    const { documentId, text } = typed();
    text.insert(0, 'shared');
    const [first, last] = [new AbortController(), new AbortController()];
    const [given, kept] = [replicas.textFor(documentId, first.signal), replicas.textFor(documentId, last.signal)];
    first.abort(new Error('enough'));
    await expect(given).rejects.toThrow('enough');
    expect(await kept).toBe('shared');
    const plain = jest.spyOn(thread, 'plainText');
    text.insert(0, 'un');
    const alone = replicas.textFor(documentId, last.signal);
    last.abort(new Error('enough'));
    await expect(alone).rejects.toThrow('enough');
    expect(await replicas.textFor(documentId)).toBe('unshared');
    expect(plain).toHaveBeenCalledTimes(1);
    plain.mockRestore();
  });
});
