import { afterAll, describe, expect, it } from '@jest/globals';
import * as Y from 'yjs';
import { DocumentState } from '../../core/document/document-state.js';
import { decodeSnapshot } from '../../core/document/snapshot-codec.js';
import type { StoredSnapshot } from '../../core/document/update-log.js';
import type { PastDocument } from '../../core/history/past-documents.js';
import { editFree, fingerprint, seeded, sessionOf } from '../../testing/yjs-edits.js';
import { WorkerHistory } from './worker-history.js';

const work = new WorkerHistory();
afterAll(() => work.close());

const pastOf = (updates: readonly Uint8Array[], more: Partial<PastDocument> = {}): PastDocument => ({
  kind: 'text',
  seq: (more.snapshot?.seq ?? 0) + updates.length,
  snapshot: undefined,
  rows: updates.map((bytes, index) => ({ seq: (more.snapshot?.seq ?? 0) + index + 1, bytes })),
  ...more,
});
const docOf = (...updates: Uint8Array[]) => {
  const doc = new Y.Doc();
  for (const update of updates) Y.applyUpdate(doc, update);
  return doc;
};
const opened = (kind: 'text' | 'free', snapshot: StoredSnapshot) =>
  docOf(DocumentState.from(kind, decodeSnapshot(snapshot)).encode());
const textOf = (doc: Y.Doc) => doc.getText('content').toString();

describe('WorkerHistory', () => {
  it('puts a document together from rows, and from a snapshot and the rows after it', async () => {
    const { updates, doc } = sessionOf(seeded(4), { editors: 3, edits: 300 });
    const whole = pastOf(updates);
    expect(await work.text(whole)).toBe(textOf(doc));
    const half = pastOf(updates.slice(0, 150));
    const snapshot = await work.compact(half, 'somebody');
    expect(snapshot.seq).toBe(150);
    expect(await work.text(pastOf(updates.slice(150), { snapshot }))).toBe(textOf(doc));
    const again = await work.compact(pastOf(updates.slice(150), { snapshot }), 'nobody');
    expect(fingerprint(opened('text', again))).toEqual(fingerprint(doc));
    expect(await work.isSame(whole, again)).toBe(true);
  });

  it.each(['text', 'free'] as const)('tells a snapshot of kind %s from one that is not the document', async (kind) => {
    const random = seeded(9);
    const { updates } = sessionOf(random, { editors: 2, edits: 60, ...(kind === 'free' ? { edit: editFree } : {}) });
    const past = (rows: number) => pastOf(updates.slice(0, rows), { kind });
    const snapshot = await work.compact(past(60), 'nobody');
    expect(await work.isSame(past(60), snapshot)).toBe(true);
    for (const rows of [40, 30, 0]) {
      expect(fingerprint(docOf(...updates.slice(0, rows)))).not.toEqual(fingerprint(docOf(...updates)));
      expect(await work.isSame(past(60), await work.compact(past(rows), 'nobody'))).toBe(false);
    }
    // The same structs, and a delete that one of them lacks.
    const doc = docOf(...updates);
    const before = Y.encodeStateAsUpdate(doc);
    if (kind === 'text') doc.getText('content').delete(0, 1);
    else doc.getText('rich').delete(0, doc.getText('rich').length);
    const after = Y.encodeStateAsUpdate(doc);
    expect(await work.isSame(pastOf([after], { kind }), await work.compact(pastOf([before], { kind }), 'nobody'))).toBe(
      false,
    );
  });

  it('rejects rows that do not stand on their own', async () => {
    const { updates } = sessionOf(seeded(5), { editors: 1, edits: 10 });
    await expect(work.text(pastOf(updates.slice(1)))).rejects.toThrow();
    await expect(work.compact(pastOf(updates.slice(1)), 'nobody')).rejects.toThrow();
  });

  it('HIST-4: makes of any document any other of its past, under the id that it is given, deleting only what is there', async () => {
    const random = seeded(6);
    for (let round = 0; round < 12; round++) {
      const { updates, doc } = sessionOf(random, { editors: 3, edits: 80 });
      const then = Math.floor(random() * updates.length);
      const clientId = 1_000_000 + round;
      const edit = await work.restore(Y.encodeStateAsUpdate(doc), pastOf(updates.slice(0, then)), clientId);
      const target = textOf(docOf(...updates.slice(0, then)));
      if (edit === undefined) {
        expect(textOf(doc)).toBe(target);
        continue;
      }
      const { structs, ds } = Y.decodeUpdate(edit);
      expect(structs.every(({ id }) => id.client === clientId)).toBe(true);
      for (const [client, ranges] of ds.clients) {
        for (const { clock, len } of ranges) expect(clock + len).toBeLessThanOrEqual(Y.getState(doc.store, client));
      }
      // Somebody types meanwhile, everywhere.
      const other = docOf(Y.encodeStateAsUpdate(doc));
      const text = textOf(other);
      for (let at = text.length; at >= 0; at -= 3) {
        const isInPair = /^[\uD800-\uDBFF][\uDC00-\uDFFF]$/.test(text.slice(at - 1, at + 1));
        if (!isInPair) other.getText('content').insert(at, '•');
      }
      const typed = textOf(other).split('•').length;
      Y.applyUpdate(other, edit);
      expect(textOf(other).split('•').length).toBe(typed);
      expect(textOf(other).replaceAll('•', '')).toBe(target);
      Y.applyUpdate(doc, edit);
      expect(textOf(doc)).toBe(target);
      expect(await work.restore(Y.encodeStateAsUpdate(doc), pastOf(updates.slice(0, then)), 1)).toBeUndefined();
    }
  });

  it('HIST-5: begins anew with a text and nothing else, with nothing, or with the structs of a free document', async () => {
    const { updates, doc } = sessionOf(seeded(7), { editors: 3, edits: 200 });
    const fresh = await work.fresh(pastOf(updates));
    const begun = docOf(fresh.update);
    expect([textOf(begun), [...begun.store.clients.keys()]]).toEqual([textOf(doc), [fresh.clientId]]);
    expect(fingerprint(opened('text', fresh.snapshot))).toEqual(fingerprint(begun));
    expect(fingerprint(begun).deletes).toBe('[]');

    const nothing = await work.fresh(undefined);
    expect([[...nothing.update], nothing.clientId]).toEqual([[0, 0], undefined]);
    expect(opened('text', nothing.snapshot).store.clients.size).toBe(0);

    const free = sessionOf(seeded(8), { editors: 2, edits: 80, edit: editFree });
    const kept = await work.fresh(pastOf(free.updates, { kind: 'free' }));
    expect(kept.clientId).toBeUndefined();
    for (const copy of [docOf(kept.update), opened('free', kept.snapshot)]) {
      expect(copy.getMap('map').toJSON()).toEqual(free.doc.getMap('map').toJSON());
      expect(copy.getArray('list').toJSON()).toEqual(free.doc.getArray('list').toJSON());
      expect(copy.getText('rich').toDelta()).toEqual(free.doc.getText('rich').toDelta());
    }
  });
});
