import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { StoredDataCorrupt } from '../../src/core/document/update-log.js';
import { PastContents } from '../../src/features/history/past-contents.js';
import { fingerprint } from '../../src/testing/yjs-edits.js';
import { RetentionWorld, type WrittenDocument } from './support/retention-world.js';

let world: RetentionWorld;
const repairs: (() => Promise<unknown>)[] = [];
beforeAll(async () => {
  world = await RetentionWorld.start();
});
beforeEach(() => {
  world.lines.length = 0;
});
afterEach(async () => {
  for (const repair of repairs.splice(0)) await repair();
});
afterAll(() => world?.stop());

type Table = 'document_updates' | 'document_snapshots' | 'sign_in_links';

/** Whatever reads such a row fails as with a damaged page (XX001), until the test is over. */
async function unreadable(table: Table, condition: string): Promise<void> {
  await world.query(`
    CREATE FUNCTION reads(row_of ${table}) RETURNS boolean LANGUAGE plpgsql AS $$ BEGIN
      IF ${condition} THEN RAISE EXCEPTION 'invalid page in block 0' USING ERRCODE = 'data_corrupted'; END IF;
      RETURN true;
    END $$;
    CREATE POLICY damaged_page ON ${table} USING (reads(${table})) WITH CHECK (true);
    ALTER TABLE ${table} ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY`);
  repairs.push(() =>
    world.query(`
      ALTER TABLE ${table} DISABLE ROW LEVEL SECURITY, NO FORCE ROW LEVEL SECURITY;
      DROP POLICY damaged_page ON ${table}; DROP FUNCTION reads`),
  );
}

const alarms = async () =>
  Number((await world.registry.getSingleMetricAsString('tandem_history_unverified_documents_total')).split(' ').at(-1));
const expectSame = async ({ documentId, doc }: WrittenDocument) =>
  expect(await world.opened(documentId)).toEqual(fingerprint(doc));
const row = ({ documentId }: WrittenDocument, seq: number) =>
  `row_of.document_id = '${documentId}' AND row_of.seq = ${seq}`;

describe('F24 D7: a page that PostgreSQL cannot read', () => {
  it.each([
    ['the first row', 1],
    ['a row that is looked at to find the oldest one to keep', 15],
    ['a row in the middle', 7],
    ['the last row', 30],
  ])('keeps the document that it is of, %s, and nothing else', async (_what, seq) => {
    const documents = [await world.written(30, 40), await world.written(30, 40), await world.written(30, 40)];
    const [first, damaged, last] = documents as [WrittenDocument, WrittenDocument, WrittenDocument];
    await unreadable('document_updates', row(damaged, seq));
    const before = await alarms();
    const retention = world.retention();
    expect(await retention.run()).toBe(true);
    for (const { documentId } of [first, last]) expect(await world.seqs(documentId)).toEqual([]);
    expect(await alarms()).toBe(before + 1);
    expect(world.lines.filter((line) => line.includes(damaged.documentId))).toHaveLength(1);
    // It is told once a day, not with every pass.
    await retention.run();
    expect(await alarms()).toBe(before + 1);
    await repairs.pop()!();
    expect(await world.seqs(damaged.documentId)).toHaveLength(30);
    for (const written of documents) await expectSame(written);
    await world.retention().run();
    expect(await world.seqs(damaged.documentId)).toEqual([]);
    await expectSame(damaged);
  });

  it('is told to who asks for the list of changes, and not to who asks for that of another file', async () => {
    const [damaged, other] = [await world.written(5), await world.written(5)];
    await unreadable('document_updates', row(damaged, 3));
    await expect(world.past.changes(damaged.documentId, undefined, 100)).rejects.toThrow(StoredDataCorrupt);
    expect((await world.past.changes(other.documentId, undefined, 100)).rows).toHaveLength(5);
  });

  it('of a document that was deleted keeps no other from going, nor what is left of sign-ins', async () => {
    const documents = [await world.written(5), await world.written(5), await world.written(5)];
    await world.query(`UPDATE documents SET deleted_at = now() - interval '40 days' WHERE id = ANY ($1)`, [
      documents.map(({ documentId }) => documentId),
    ]);
    await world.query(
      `INSERT INTO sign_in_links (token_hash, project_id, role, expires_at) VALUES ($1, $2, 'editor', now() - interval '9 days')`,
      [Buffer.from('gone'), documents[0]!.projectId],
    );
    const damaged = documents[1]!;
    await unreadable('document_updates', row(damaged, 3));
    expect(await world.retention().run()).toBe(true);
    const left = async (sql: string) => (await world.query<{ id: string }>(sql)).map(({ id }) => id);
    expect(await left('SELECT id FROM documents WHERE deleted_at IS NOT NULL')).toEqual([damaged.documentId]);
    expect(await left('SELECT role AS id FROM sign_in_links')).toEqual([]);
    expect(world.lines.filter((line) => line.includes(damaged.documentId))).toHaveLength(1);
  });

  it('of snapshots keeps those of its document, and thins the others', async () => {
    const documents = [await world.written(5), await world.written(5), await world.written(5)];
    for (const written of documents) {
      for (let i = 0; i < 3; i++) {
        await world.compact(written);
        await world.write(written, 5);
      }
    }
    const [first, damaged, last] = documents as [WrittenDocument, WrittenDocument, WrittenDocument];
    await unreadable('document_snapshots', row(damaged, 10));
    const retention = world.retention();
    expect(await retention.run()).toBe(true);
    await retention.run();
    for (const { documentId } of [first, last]) expect(await world.snapshots(documentId)).toEqual([15]);
    expect(world.lines.filter((line) => line.includes(damaged.documentId))).toHaveLength(1);
    await repairs.pop()!();
    expect(await world.snapshots(damaged.documentId)).toEqual([5, 10, 15]);
  });

  it('of one table keeps the others from nothing, and the pass says that it was not finished', async () => {
    const written = await world.written(10, 40);
    await world.query(
      `INSERT INTO sign_in_links (token_hash, project_id, role, expires_at) VALUES ($1, $2, 'editor', now() - interval '9 days')`,
      [Buffer.from('unreadable'), written.projectId],
    );
    const session = await addEndedSession();
    await unreadable('sign_in_links', 'true');
    await expect(world.retention().run()).rejects.toThrow('sign_in_links');
    expect(await world.seqs(written.documentId)).toEqual([]);
    expect(await world.query('SELECT FROM sessions WHERE id = $1', [session])).toEqual([]);
  });
});

async function addEndedSession(): Promise<string> {
  const [made] = await world.query<{ id: string }>(
    `INSERT INTO sessions (user_id, created_at) VALUES ($1, now() - interval '99 days') RETURNING id`,
    [world.userId],
  );
  return made!.id;
}

describe('D2: a moment of a document that is damaged', () => {
  const contents = () => new PastContents(world.past, world.versions, world.work);
  const flip = (table: Table, column: string, { documentId }: WrittenDocument, seq: number) =>
    world.query(
      `UPDATE ${table} SET ${column} = set_bit(${column}, 60, 1 - get_bit(${column}, 60)) WHERE document_id = $1 AND seq = $2`,
      [documentId, seq],
    );

  /** Snapshots at 20 and 40, and 15 rows more. */
  async function written(): Promise<WrittenDocument> {
    const document = await world.written(20);
    for (const rows of [20, 15]) {
      await world.compact(document);
      await world.write(document, rows);
    }
    return document;
  }

  it.each([
    ['its bytes changed', (document: WrittenDocument) => flip('document_snapshots', 'structs', document, 40)],
    ['it cannot be read', (document: WrittenDocument) => unreadable('document_snapshots', row(document, 40))],
  ])('HIST-2: is put together from an older snapshot, when of the nearest %s', async (_what, damage) => {
    const document = await written();
    await damage(document);
    const { documentId, texts } = document;
    for (const seq of [39, 40, 47, 55]) expect((await contents().text(documentId, { seq })).text).toBe(texts[seq]);
    // From the beginning, when that is bad, too.
    await flip('document_snapshots', 'structs', document, 20);
    for (const seq of [20, 40, 55]) expect((await contents().text(documentId, { seq })).text).toBe(texts[seq]);
  });

  it.each([
    ['changed', (document: WrittenDocument) => flip('document_updates', 'bytes', document, 45)],
    ['cannot be read', (document: WrittenDocument) => unreadable('document_updates', row(document, 45))],
    [
      'is no update, though its checksum fits',
      ({ documentId }: WrittenDocument) =>
        world.query(
          `UPDATE document_updates SET bytes = '\\x07', checksum = 1281784366 WHERE document_id = $1 AND seq = 45`,
          [documentId],
        ),
    ],
  ])('HIST-2: is refused for good behind a row that %s, and is there before it', async (_what, damage) => {
    const document = await written();
    await damage(document);
    const { documentId, texts } = document;
    for (const seq of [45, 55]) {
      await expect(contents().text(documentId, { seq })).rejects.toMatchObject({
        code: 'store_unavailable',
        retry: 'never',
      });
    }
    expect((await contents().text(documentId, { seq: 44 })).text).toBe(texts[44]);
  });

  it('HIST-2: is refused when what history begins with is bad', async () => {
    const document = await world.written(30, 40);
    await world.retention().run();
    await flip('document_snapshots', 'structs', document, 30);
    await expect(contents().text(document.documentId, { seq: 30 })).rejects.toMatchObject({
      code: 'store_unavailable',
      retry: 'never',
    });
  });
});
