import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import * as Y from 'yjs';
import { fingerprint } from '../../src/testing/yjs-edits.js';
import { RetentionWorld, type WrittenDocument } from './support/retention-world.js';

let world: RetentionWorld;
beforeAll(async () => {
  world = await RetentionWorld.start();
});
afterAll(() => world?.stop());

const from = (first: number, last: number) => Array.from({ length: last - first + 1 }, (_, i) => first + i);
const expectSame = async ({ documentId, doc }: WrittenDocument) =>
  expect(await world.opened(documentId)).toEqual(fingerprint(doc));
const expectGone = (documentId: string, seq: number) =>
  expect(world.textAt(documentId, seq)).rejects.toMatchObject({ code: 'history_gone' });

describe('retention', () => {
  it('HIST-7: rows go that are older than the days, behind a checkpoint; the document opens the same', async () => {
    const written = await world.written(120);
    const { documentId, texts } = written;
    await world.age(documentId, 40, 70);
    expect(await world.retention().run()).toBe(true);
    expect(await world.seqs(documentId)).toEqual(from(71, 120));
    expect(await world.stands(documentId)).toEqual({ head: 120, historySeq: 70, snapshotSeq: 70 });
    expect(await world.snapshots(documentId)).toEqual([70]);
    await expectSame(written);
    expect(await Promise.all([70, 71, 100, 120].map((seq) => world.textAt(documentId, seq)))).toEqual(
      [70, 71, 100, 120].map((seq) => texts[seq]),
    );
    await Promise.all([0, 1, 69].map((seq) => expectGone(documentId, seq)));
    await world.write(written, 5);
    await expectSame(written);
  });

  it('HIST-7: of a document that nobody has touched for long a snapshot is left, and all times since then', async () => {
    const written = await world.written(30, 90);
    const { documentId, texts } = written;
    await world.retention().run();
    expect([await world.seqs(documentId), await world.snapshots(documentId)]).toEqual([[], [30]]);
    await expectSame(written);
    const day = 24 * 60 * 60_000;
    for (const days of [89, 1, -1]) {
      const past = await world.past.at(documentId, { at: Date.now() - days * day });
      expect(await world.work.text(past)).toBe(texts[30]);
    }
    await expect(world.past.at(documentId, { at: Date.now() - 91 * day })).rejects.toMatchObject({
      code: 'history_gone',
    });
    expect(await world.past.changes(documentId, undefined, 10)).toEqual({ rows: [], oldestSeq: 30 });
    await world.write(written, 3);
    expect(await world.seqs(documentId)).toEqual([31, 32, 33]);
    await expectSame(written);
  });

  it('HIST-7: cuts documents of kind free, and such of few and large rows, as well', async () => {
    const free = await world.written(150, 0, { kind: 'free' });
    await world.age(free.documentId, 40, 130);
    const large = await world.written(12);
    large.doc.getText('content').insert(0, 'x'.repeat(10_000));
    await world.append(large.documentId, [Y.encodeStateAsUpdate(large.doc)]);
    await world.age(large.documentId, 40);
    // A thousandth of what a step may hold: each row is a step of its own.
    await world.retention(undefined, { stepBytes: 10 }).run();
    expect([await world.seqs(free.documentId), await world.seqs(large.documentId)]).toEqual([from(131, 150), []]);
    await expectSame(free);
    await expectSame(large);
  });

  it('keeps what is not a day older than it must be: a pass an hour later makes no new checkpoint', async () => {
    const written = await world.written(40, 30.5);
    await world.retention().run();
    expect(await world.seqs(written.documentId)).toEqual(from(1, 40));
    expect(await world.snapshots(written.documentId)).toEqual([]);
  });

  it('takes a snapshot that is there, and moves no loading pointer back', async () => {
    const written = await world.written(40);
    const first = await world.compact(written);
    await world.write(written, 30);
    const second = await world.compact(written);
    await world.write(written, 10);
    await world.age(written.documentId, 40, 55);
    await world.retention().run();
    expect(await world.snapshots(written.documentId)).toEqual([first, second]);
    expect(await world.stands(written.documentId)).toEqual({ head: 80, historySeq: first, snapshotSeq: second });
    await expectSame(written);
    // There is none between that and the oldest row to keep.
    await world.retention().run();
    expect(await world.snapshots(written.documentId)).toEqual([55, second]);
    expect(await world.stands(written.documentId)).toEqual({ head: 80, historySeq: 55, snapshotSeq: second });
    await expectSame(written);
  });

  it('a project says how long, and 0 keeps all', async () => {
    const short = await world.written(20, 5, { projectId: await world.project(2) });
    const long = await world.written(20, 50, { projectId: await world.project(100) });
    const usual = await world.written(20, 50);
    await world.retention(world.store(0)).run();
    expect([await world.seqs(short.documentId), await world.seqs(long.documentId)]).toEqual([[], from(1, 20)]);
    expect(await world.seqs(usual.documentId)).toEqual(from(1, 20));
    await world.retention(world.store(30)).run();
    expect([await world.seqs(long.documentId), await world.seqs(usual.documentId)]).toEqual([from(1, 20), []]);
    for (const written of [short, long, usual]) await expectSame(written);
  });

  it('HIST-3: a named version outlives the rows that it was made of, and goes when its name goes', async () => {
    const written = await world.written(60);
    const { documentId, texts } = written;
    const snapshot = await world.work.compact(await world.past.at(documentId, { seq: 25 }), 'somebody');
    const { id } = await world.versions.add(world.userId, documentId, 'kept', snapshot);
    await world.age(documentId, 60, 50);
    // The first goes by the snapshot that is there.
    await world.retention().run();
    await world.retention().run();
    expect(await world.seqs(documentId)).toEqual(from(51, 60));
    const state = await world.versions.state(world.userId, documentId, id);
    expect(await world.work.text(state)).toBe(texts[25]);
    expect(await world.snapshots(documentId)).toEqual([25, 50]);
    await world.versions.delete(world.userId, documentId, id);
    await world.retention().run();
    expect(await world.snapshots(documentId)).toEqual([50]);
    await expectSame(written);
  });

  it.each([
    ['before it', 40],
    ['behind it', 70],
  ])('HIST-5: cuts the history of a document that was reset, %s', async (_where, cut) => {
    const written = await world.written(50);
    const { documentId } = written;
    const past = await world.past.at(documentId, { seq: 20 });
    const content = await world.work.fresh(past);
    await world.resets.reset(world.userId, documentId, content, { seq: 20 });
    const anew = { ...written, doc: new Y.Doc() };
    Y.applyUpdate(anew.doc, content.update);
    anew.texts.push(written.texts[20]!);
    await world.write(anew, 40);
    await world.age(documentId, 40, cut);
    await world.retention().run();
    await world.retention().run();
    expect(await world.seqs(documentId)).toEqual(from(cut + 1, 91));
    expect(await world.opened(documentId)).toEqual(fingerprint(anew.doc));
    const seqs = [cut, cut + 1, 51, 52, 91].filter((seq) => seq >= cut);
    expect(await Promise.all(seqs.map((seq) => world.textAt(documentId, seq)))).toEqual(
      seqs.map((seq) => anew.texts[seq]),
    );
  });

  it('of the snapshots in between the last of each day stays', async () => {
    const written = await world.written(10);
    const { documentId } = written;
    const made: number[] = [await world.compact(written)];
    for (let i = 0; i < 5; i++) {
      await world.write(written, 10);
      made.push(await world.compact(written));
    }
    // Two on each of three days.
    await world.query(
      `UPDATE document_snapshots SET created_at = date_trunc('day', now()) - (3 - (seq - 1) / 20) * interval '1 day' + seq * interval '1 minute'
       WHERE document_id = $1`,
      [documentId],
    );
    await world.retention().run();
    expect(await world.snapshots(documentId)).toEqual([20, 40, 60]);
    expect(made).toEqual([10, 20, 30, 40, 50, 60]);
    await expectSame(written);
    expect(await world.textAt(documentId, 35)).toBe(written.texts[35]);
  });

  it('runs on one node at a time', async () => {
    const [one, other] = [world.store(), world.store()];
    let ran: boolean | undefined;
    const first = await one.exclusively(async () => {
      ran = await other.exclusively(async () => undefined);
    });
    expect([first, ran]).toEqual([true, false]);
    expect(await other.exclusively(async () => undefined)).toBe(true);
  });

  it('ends with its statement when the server stops, and gives the connection back', async () => {
    const store = world.store();
    const written = await world.written(30, 40);
    const retention = world.retention(store, { pauseMs: 60_000 });
    const running = retention.run();
    running.catch(() => undefined);
    const began = performance.now();
    await retention.stop();
    await expect(running).rejects.toThrow();
    expect(performance.now() - began).toBeLessThan(30_000);
    expect(await world.retention().run()).toBe(true);
    await expectSame(written);
  });
});
