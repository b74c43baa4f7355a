import { afterEach, describe, expect, it } from '@jest/globals';
import * as Y from 'yjs';
import { DocumentState } from '../../core/document/document-state.js';
import { decodeSnapshot } from '../../core/document/snapshot-codec.js';
import { decodeUpdate } from '../../core/document/update/decode-update.js';
import type { DecodedUpdate } from '../../core/document/update/decoded-update.js';
import type { StoredSnapshot } from '../../core/document/update-log.js';
import { patience } from '../../testing/patience.js';
import { siblings } from '../../testing/siblings.js';
import { editFree, fingerprint, pick, seeded } from '../../testing/yjs-edits.js';
import { WorkerCompactor } from './worker-compactor.js';

const compactors: WorkerCompactor[] = [];
afterEach(async () => {
  for (const compactor of compactors.splice(0)) await compactor.close();
});

function newCompactor(timeoutMs?: number): WorkerCompactor {
  const compactor = new WorkerCompactor(timeoutMs === undefined ? {} : { timeoutMs });
  compactors.push(compactor);
  return compactor;
}

function docOf(...updates: Uint8Array[]): Y.Doc {
  const doc = new Y.Doc();
  for (const update of updates) Y.applyUpdate(doc, update);
  return doc;
}

const whole = (kind: 'text' | 'free', { snapshot }: { snapshot: StoredSnapshot }) =>
  DocumentState.from(kind, decodeSnapshot(snapshot)).encode();

function textDoc(text: string): Y.Doc {
  const doc = new Y.Doc();
  doc.getText('content').insert(0, text);
  return doc;
}

describe('WorkerCompactor', () => {
  it('hands back the same document, in chunks that a reader of any of it needs few of', async () => {
    const doc = new Y.Doc();
    const random = seeded(5);
    const text = doc.getText('content');
    doc.transact(() => {
      for (let i = 0; i < 20_000; i++) {
        if (i % 4 === 3) text.delete(Math.floor(random() * text.length), 1);
        else text.insert(Math.floor(random() * (text.length + 1)), pick(random, ['a', 'bc', 'λ', '🙂']));
      }
    });
    const made = await newCompactor().compact(Y.encodeStateAsUpdate(doc), 'text', 3);
    expect(made.snapshot.seq).toBe(3);
    const { runs } = decodeSnapshot(made.snapshot);
    expect(runs.length).toBeGreaterThan(2);
    expect(Math.max(...runs.map((run) => run.parts[0]!.length))).toBeLessThanOrEqual(64 * 1024);
    expect(fingerprint(docOf(whole('text', made)))).toEqual(fingerprint(doc));
    expect(made.moreDeletes.isEmpty).toBe(true);
  });

  it('D7: a document that Yjs cannot read in reasonable time is given up, and what comes behind it is served', async () => {
    const compactor = newCompactor(3000);
    const hostile = siblings(30_000);
    const [compaction, text, after] = await Promise.allSettled([
      compactor.compact(hostile, 'text', 1),
      compactor.textOf(hostile),
      compactor.textOf(Y.encodeStateAsUpdate(textDoc('served'))),
    ]);
    expect(compaction).toMatchObject({ status: 'rejected', reason: { message: 'compact took longer than 3000 ms' } });
    expect(text).toMatchObject({ status: 'rejected', reason: { message: 'textOf took longer than 3000 ms' } });
    expect(after).toEqual({ status: 'fulfilled', value: 'served' });
    const update = Y.encodeStateAsUpdate(textDoc('compacted'));
    expect(
      docOf(whole('text', await compactor.compact(update, 'text', 1)))
        .getText('content')
        .toString(),
    ).toBe('compacted');
  });

  it('ends its thread though it is in the middle of such a document, and what waits is told', async () => {
    const compactor = new WorkerCompactor();
    const hostile = siblings(40_000);
    await compactor.encodeText('the thread has started');
    const runs = [compactor.textOf(hostile), compactor.textOf(hostile), compactor.compact(hostile, 'text', 1)];
    const outcomes = Promise.allSettled(runs);
    const began = performance.now();
    await compactor.close();
    expect(performance.now() - began).toBeLessThan(1000 * patience());
    expect((await outcomes).map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected']);
    await expect(compactor.textOf(hostile)).rejects.toThrow('closed');
  });

  it('compacts a free document of which Yjs deletes parts by itself', async () => {
    const [a, b] = [new Y.Doc(), new Y.Doc()];
    const random = seeded(8);
    // They never meet, so no update tells which of two entries under a key lost.
    for (let i = 0; i < 60; i++) for (const doc of [a, b]) editFree(doc, random);
    const update = Y.mergeUpdates([Y.encodeStateAsUpdate(a), Y.encodeStateAsUpdate(b)]);
    const made = await newCompactor().compact(update, 'free', 1);
    const [before, after] = [docOf(update), docOf(whole('free', made))];
    expect(fingerprint(after)).toEqual(fingerprint(before));
    // A room that was there before comes to the same with what it is told.
    expect(made.moreDeletes.isEmpty).toBe(false);
    const listed = decodeUpdate(update, 'free') as DecodedUpdate;
    listed.deletes.addAll(made.moreDeletes);
    expect(listed.deletes.equals(decodeSnapshot(made.snapshot).deletes)).toBe(true);
    expect(after.getMap('map').toJSON()).toEqual(before.getMap('map').toJSON());
    expect(after.getArray('list').toJSON()).toEqual(before.getArray('list').toJSON());
    expect(after.getXmlFragment('xml').toString()).toBe(before.getXmlFragment('xml').toString());
    expect(after.getText('rich').toDelta()).toEqual(before.getText('rich').toDelta());
  });

  it('compacts a free document with something under what is no type', async () => {
    const update = Uint8Array.from([1, 2, 1, 0, 4, 1, 1, 0x61, 1, 0x61, 4, 0, 1, 0, 1, 0x62, 0]);
    const made = await newCompactor().compact(update, 'free', 1);
    expect(fingerprint(docOf(whole('free', made)))).toEqual(fingerprint(docOf(update)));
    expect(docOf(whole('free', made)).getText('a').toString()).toBe('a');
  });

  it('refuses what does not stand on its own', async () => {
    const doc = textDoc('first');
    const vector = Y.encodeStateVector(doc);
    doc.getText('content').insert(5, ' second');
    const gap = Y.encodeStateAsUpdate(doc, vector);
    await expect(newCompactor().compact(gap, 'text', 1)).rejects.toThrow('gap');
    await expect(newCompactor().textOf(gap)).rejects.toThrow('gap');
  });
});
