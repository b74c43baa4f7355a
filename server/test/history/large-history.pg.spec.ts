import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { PostgresPastDocuments } from '../../src/adapters/postgres/history/past-documents.js';
import { readRowsBetween } from '../../src/adapters/postgres/history/snapshot-rows.js';
import { fingerprint } from '../../src/testing/yjs-edits.js';
import { RetentionWorld, type WrittenDocument } from './support/retention-world.js';

let world: RetentionWorld;
beforeAll(async () => {
  world = await RetentionWorld.start();
});
afterAll(() => world?.stop());

/** Somebody's tool writes the whole file anew, so many times: a row each. */
async function rewrite({ documentId, doc, texts }: WrittenDocument, times: number, bytes: number): Promise<void> {
  const updates: Uint8Array[] = [];
  const keep = (update: Uint8Array) => updates.push(update);
  doc.on('update', keep);
  const text = doc.getText('content');
  for (let i = 0; i < times; i++) {
    doc.transact(() => {
      text.delete(0, text.length);
      text.insert(0, `${texts.length} `.padEnd(bytes, 'x'));
    });
    texts.push(text.toString());
  }
  doc.off('update', keep);
  for (let from = 0; from < times; from += 10) await world.append(documentId, updates.slice(from, from + 10));
}

describe('a document of large rows', () => {
  it('HIST-2: is refused for a moment that takes more than is put together at once, before its rows are read', async () => {
    const past = new PostgresPastDocuments(world.database.dataSource, { rows: 1_000, bytes: 200_000 });
    const written = await world.written(0);
    const { documentId, texts } = written;
    await rewrite(written, 30, 20_000);
    for (const moment of [{ seq: 30 }, { at: Date.now() + 60_000 }, 'now'] as const) {
      await expect(past.at(documentId, moment)).rejects.toMatchObject({
        code: 'too_large',
        retry: 'never',
        details: { limit: 200_000 },
      });
    }
    expect(await world.work.text(await past.at(documentId, { seq: 9 }))).toBe(texts[9]);
    await world.compact(written);
    expect(await world.work.text(await past.at(documentId, { seq: 30 }))).toBe(texts[30]);
    await expect(past.at(documentId, { seq: 29 })).rejects.toMatchObject({ code: 'too_large' });
  });

  it('HIST-2: is refused for one behind too many rows, however small they are', async () => {
    const past = new PostgresPastDocuments(world.database.dataSource, { rows: 50, bytes: 1_000_000 });
    const { documentId, texts } = await world.written(60);
    await expect(past.at(documentId, { seq: 51 })).rejects.toMatchObject({ code: 'too_large', details: { limit: 50 } });
    expect(await world.work.text(await past.at(documentId, { seq: 50 }))).toBe(texts[50]);
  });

  it('is read in answers of a few megabytes, whatever the size of its rows', async () => {
    const written = await world.written(0);
    await rewrite(written, 40, 400_000);
    const answers: number[] = [];
    const rows = await readRowsBetween(
      async <Row>(sql: string, values: readonly unknown[]) => {
        const found = await world.query<Row>(sql, [...values]);
        const sizes = (found as { bytes?: unknown }[]).map(({ bytes }) => (bytes instanceof Buffer ? bytes.length : 0));
        answers.push(sizes.reduce((sum, size) => sum + size, 0));
        return found;
      },
      written.documentId,
      0,
      40,
    );
    expect(rows.map(({ seq }) => seq)).toEqual(Array.from({ length: 40 }, (_, i) => i + 1));
    expect(answers.reduce((sum, size) => sum + size)).toBeGreaterThan(16_000_000);
    expect(Math.max(...answers)).toBeLessThan(6_000_000);
  });
});

describe('snapshots between which much was written', () => {
  /** Bytes of the rows between one snapshot and the next, from the beginning to the last. */
  const gaps = async (documentId: string) => {
    const seqs = await world.snapshots(documentId);
    const found = await world.query<{ seq: string; bytes: number }>(
      'SELECT seq, octet_length(bytes) AS bytes FROM document_updates WHERE document_id = $1',
      [documentId],
    );
    return seqs.map((seq, i) =>
      found
        .filter((row) => Number(row.seq) > (seqs[i - 1] ?? 0) && Number(row.seq) <= seq)
        .reduce((sum, { bytes }) => sum + bytes, 0),
    );
  };

  it('HIST-2 HIST-7: stay, so that every moment of a day can be put together; passes that follow keep them', async () => {
    const written = await world.written(0);
    const { documentId, texts } = written;
    for (let i = 0; i < 12; i++) {
      await rewrite(written, 5, 10_000);
      await world.compact(written);
    }
    // Of the same day, whenever this runs.
    await world.query('UPDATE document_snapshots SET created_at = $2 WHERE document_id = $1', [
      documentId,
      new Date(Date.now() - 60_000),
    ]);
    const store = world.store(30, 170_000);
    await world.retention(store).run();
    const kept = await world.snapshots(documentId);
    expect(kept.at(-1)).toBe(60);
    expect(kept.length).toBeLessThan(7);
    expect(Math.max(...(await gaps(documentId)))).toBeLessThan(170_000);
    for (let pass = 0; pass < 2; pass++) await world.retention(store).run();
    expect(await world.snapshots(documentId)).toEqual(kept);
    // What is added later moves none of them.
    await rewrite(written, 5, 10_000);
    await world.compact(written);
    await world.retention(store).run();
    expect((await world.snapshots(documentId)).slice(0, kept.length - 1)).toEqual(kept.slice(0, -1));
    const past = new PostgresPastDocuments(world.database.dataSource, { rows: 1_000, bytes: 220_000 });
    for (const seq of [1, 14, 29, 44, 60, 65])
      expect(await world.work.text(await past.at(documentId, { seq }))).toBe(texts[seq]);
    expect(await world.opened(documentId)).toEqual(fingerprint(written.doc));
  });
});
