import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { RetentionWorld, type WrittenDocument } from './support/retention-world.js';

let world: RetentionWorld;
beforeAll(async () => {
  world = await RetentionWorld.start();
  // What autovacuum does on its own would prove nothing.
  await world.query(`ALTER TABLE document_updates SET (autovacuum_enabled = off, toast.autovacuum_enabled = off)`);
  await world.query(`ALTER TABLE document_snapshots SET (autovacuum_enabled = off, toast.autovacuum_enabled = off)`);
});
afterAll(() => world?.stop());

const MEGABYTE = 1024 * 1024;
const DAYS = { rows: 4_000, bytes: 3_000 };

/** With indexes and what lies in TOAST. */
const sizeOf = async (table: string) => {
  const [row] = await world.query<{ size: string }>('SELECT pg_total_relation_size($1::regclass) AS size', [table]);
  return Number(row!.size) / MEGABYTE;
};

/** A month of edits: some megabytes of rows, half of them so large that they lie in TOAST. */
async function month({ documentId, doc }: WrittenDocument): Promise<void> {
  const updates: Uint8Array[] = [];
  doc.on('update', (update: Uint8Array) => updates.push(update));
  const text = doc.getText('content');
  for (let i = 0; i < DAYS.rows; i++) {
    text.insert(0, `${i}`.repeat(i % 8 === 0 ? DAYS.bytes / 4 : 4));
    if (text.length > 10_000) text.delete(5_000, text.length - 5_000);
  }
  for (let at = 0; at < updates.length; at += 500) await world.append(documentId, updates.slice(at, at + 500));
}

const SETTINGS = { batchRows: 1_000, stepRows: 50_000, vacuumRows: 2_000 };

describe('HIST-7: the tables', () => {
  it('HIST-7: come to rest at the size of the days that are kept, however many have gone', async () => {
    const written = await world.written(1);
    const retention = world.retention(undefined, SETTINGS);
    const sizes: number[] = [];
    for (let passed = 0; passed < 6; passed++) {
      await month(written);
      sizes.push(await sizeOf('document_updates'));
      // All of it is a month and more ago now.
      await world.age(written.documentId, 32);
      await retention.run();
    }
    // The rows of one month are there while the next one is written, in the space of the one before.
    const [first, second, ...later] = sizes as [number, number, ...number[]];
    expect(first).toBeGreaterThan(2);
    for (const size of later) expect(size).toBeLessThan(Math.max(first, second) * 1.15);
    expect((await world.seqs(written.documentId)).length).toBe(0);
    expect(await world.opened(written.documentId)).toBeDefined();
  }, 240_000);

  it('HIST-7: would only grow without the vacuum: this is what the test above would see', async () => {
    const written = await world.written(1);
    const retention = world.retention(undefined, { ...SETTINGS, vacuumRows: Number.MAX_SAFE_INTEGER });
    const sizes: number[] = [await sizeOf('document_updates')];
    for (let passed = 0; passed < 3; passed++) {
      await month(written);
      sizes.push(await sizeOf('document_updates'));
      await world.age(written.documentId, 32);
      await retention.run();
    }
    const grown = sizes.slice(1).map((size, i) => size - sizes[i]!);
    expect(Math.min(...grown.slice(1))).toBeGreaterThan(1.5);
  }, 240_000);

  it('HIST-7: give back to the disk what lies behind the last row', async () => {
    await world.query('VACUUM FULL document_updates');
    const before = await sizeOf('document_updates');
    const kept = await world.written(50);
    const old = await world.written(1);
    await month(old);
    await world.query("UPDATE documents SET deleted_at = now() - interval '40 days' WHERE id = $1", [old.documentId]);
    const full = await sizeOf('document_updates');
    await world.retention(undefined, SETTINGS).run();
    const after = await sizeOf('document_updates');
    expect(full - before).toBeGreaterThan(2);
    expect(after - before).toBeLessThan((full - before) / 4);
    expect(await world.seqs(kept.documentId)).toHaveLength(50);
  });
});
