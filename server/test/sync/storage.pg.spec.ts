import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import * as Y from 'yjs';
import { eventually } from '../../src/testing/eventually.js';
import { fingerprint } from '../../src/testing/yjs-edits.js';
import { accepted, refusedWith } from '../support/plain-client.js';
import { PlainEditor } from '../support/plain-editor.js';
import { type Person, SyncWorld } from '../support/sync-world.js';

const ROWS = 100_000;

let world: SyncWorld;
let ada: Person;

beforeAll(async () => {
  world = await SyncWorld.start();
  ada = await world.person('Ada');
});
afterEach(() => world?.hangUp());
afterAll(() => world?.stop());

const snapshotOf = async (documentId: string) => {
  const sql = 'SELECT head::int, snapshot_seq::int AS "snapshotSeq" FROM documents WHERE id = $1';
  const { rows } = await world.sql.query<{ head: number; snapshotSeq: number }>(sql, [documentId]);
  return rows[0]!;
};

/** Everybody leaves, and the next open reads the log. */
async function leave(documentId: string): Promise<void> {
  await world.hangUp();
  await world.roomHas(documentId, 0);
  world.forget(documentId);
}

it('F26: a document of 100,000 rows opens from a snapshot and a short tail', async () => {
  const { documentId } = await world.share(ada);
  const doc = new Y.Doc();
  const text = doc.getText('content');
  const updates: Uint8Array[] = [];
  doc.on('update', (update: Uint8Array) => updates.push(update));
  for (let i = 0; i < ROWS; i++) {
    if (i % 10 === 9) text.delete(i % 7, 1);
    else text.insert(i % 3 === 0 ? 0 : text.length, String.fromCharCode(97 + (i % 26)));
  }
  expect(updates).toHaveLength(ROWS);
  await world.store(documentId, ada, updates);
  const openedIn = async () => {
    const client = await world.connect(ada);
    const startedAt = performance.now();
    const editor = await PlainEditor.open(client, documentId);
    const tookMs = performance.now() - startedAt;
    expect(editor.fingerprint).toEqual(fingerprint(doc));
    return { editor, tookMs };
  };
  const long = await openedIn();
  // The first edit makes the server look at the length of the tail.
  await long.editor.type('!');
  doc.transact(() => Y.applyUpdate(doc, Y.encodeStateAsUpdate(long.editor.doc, Y.encodeStateVector(doc))));
  await eventually('there is a snapshot', async () => (await snapshotOf(documentId)).snapshotSeq > 0, 20_000);
  await leave(documentId);
  const { head, snapshotSeq } = await snapshotOf(documentId);
  expect(head).toBe(ROWS + 1);
  expect(head - snapshotSeq).toBeLessThan(500);
  expect(await world.count('document_updates', documentId)).toBe(ROWS + 1);
  const short = await openedIn();
  expect(short.tookMs).toBeLessThan(long.tookMs / 2);
  // What it builds on lies behind the snapshot.
  const stateVector = Y.encodeStateVector(short.editor.doc);
  const again = await world.connect(ada);
  const answer = await accepted(again.ask('document:open', { documentId, stateVector, seq: 17, epoch: 1 }));
  expect(Y.decodeUpdate(answer.update!).structs).toEqual([]);
}, 60_000);

it('DOC-11: edits go on while a document is compacted, and the compacted one is the same', async () => {
  const { documentId } = await world.share(ada);
  const editor = await PlainEditor.open(await world.connect(ada), documentId);
  const text = editor.doc.getText('content');
  for (let i = 0; i < 2_000; i++) {
    if (i % 5 === 4) text.delete(i % text.length, 1);
    else text.insert((i * 7) % (text.length + 1), `${i % 10}`);
    if (i % 250 === 249) await editor.saved();
  }
  await editor.saved();
  await eventually('there is a snapshot', async () => (await snapshotOf(documentId)).snapshotSeq >= 500);
  await editor.type('end');
  const before = editor.fingerprint;
  await leave(documentId);
  const cold = await PlainEditor.open(await world.connect(ada), documentId);
  expect(cold.fingerprint).toEqual(before);
  await cold.type('!');
});

describe('D2: a document that cannot be read is never an empty one', () => {
  async function written() {
    const { documentId, projectId } = await world.share(ada, [], { text: 'precious ' });
    const editor = await PlainEditor.open(await world.connect(ada), documentId);
    for (const word of ['words ', 'of ', 'mine']) await editor.type(word);
    return { documentId, projectId, fingerprint: editor.fingerprint };
  }

  const DAMAGES: [what: string, damage: string, repair: string][] = [
    [
      'a flipped bit in a row',
      `UPDATE document_updates SET bytes = set_bit(bytes, 40, 1 - get_bit(bytes, 40)) WHERE document_id = $1 AND seq = 3`,
      `UPDATE document_updates SET bytes = set_bit(bytes, 40, 1 - get_bit(bytes, 40)) WHERE document_id = $1 AND seq = 3`,
    ],
    [
      'a row that is missing',
      `UPDATE document_updates SET seq = 1000 WHERE document_id = $1 AND seq = 2`,
      `UPDATE document_updates SET seq = 2 WHERE document_id = $1 AND seq = 1000`,
    ],
    [
      'the newest row missing',
      `UPDATE document_updates SET document_id = gen_random_uuid(), provenance = to_jsonb($1::text) WHERE document_id = $1::uuid AND seq = 4`,
      `UPDATE document_updates SET document_id = $1::uuid, provenance = NULL WHERE provenance = to_jsonb($1::text)`,
    ],
    [
      'all rows missing',
      `UPDATE document_updates SET seq = seq + 1000 WHERE document_id = $1`,
      `UPDATE document_updates SET seq = seq - 1000 WHERE document_id = $1`,
    ],
  ];
  it.each(DAMAGES)(
    '%s: the open is refused, nothing is stored, and after the repair all is there',
    async (_, damage, repair) => {
      const { documentId, projectId, fingerprint: before } = await written();
      await leave(documentId);
      await world.sql.query(damage, [documentId]);
      const client = await world.connect(ada);
      for (let i = 0; i < 2; i++) {
        const refusal = await refusedWith(client.ask('document:open', { documentId }));
        expect(refusal).toMatchObject({ code: 'store_unavailable', retry: 'later' });
        expect(refusal.retryAfterMs).toBeGreaterThan(0);
      }
      await expect(world.rest(ada, 'GET', `/documents/${documentId}/text`)).rejects.toMatchObject({
        code: 'store_unavailable',
      });
      // The damage of one document is not the others' (D7).
      const other = await PlainEditor.open(client, await world.addDocument(ada, projectId));
      expect(await other.type('fine')).toBe(1);
      expect((await snapshotOf(documentId)).head).toBe(4);
      await world.sql.query(repair, [documentId]);
      const back = await PlainEditor.open(client, documentId);
      expect(back.fingerprint).toEqual(before);
      expect(await back.type('!')).toBe(5);
    },
  );

  it('a damaged snapshot does not pass for the document', async () => {
    const { documentId } = await world.share(ada);
    const editor = await PlainEditor.open(await world.connect(ada), documentId);
    for (let i = 0; i < 600; i++) editor.doc.getText('content').insert(0, 'x');
    await editor.saved();
    await eventually('there is a snapshot', async () => (await snapshotOf(documentId)).snapshotSeq > 0);
    await leave(documentId);
    const flip = `UPDATE document_snapshots SET structs = set_bit(structs, 60, 1 - get_bit(structs, 60)) WHERE document_id = $1`;
    await world.sql.query(flip, [documentId]);
    const client = await world.connect(ada);
    const answer = await client.ask('document:open', { documentId });
    if (answer.ok) expect(Y.decodeUpdate(answer.update!).structs.length).toBeGreaterThan(0);
    else expect(answer.error.code).toBe('store_unavailable');
    await world.sql.query(flip, [documentId]);
    const back = await PlainEditor.open(await world.connect(ada), documentId);
    expect(back.text).toBe('x'.repeat(600));
  });
});

it('DOC-41 V6 D4 F3: connections to the database that are cut in the middle of commits lose nothing and double nothing', async () => {
  const { documentId } = await world.share(ada);
  const editor = await PlainEditor.open(await world.connect(ada), documentId);
  const reader = await PlainEditor.open(await world.connect(ada), documentId);
  const cut = `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid()`;
  const words: string[] = [];
  for (let round = 0; round < 6; round++) {
    for (let i = 0; i < 40; i++) {
      words.push(`${round}.${i} `);
      void editor.type(words.at(-1)!);
    }
    await world.sql.query(cut);
  }
  const release = await world.holdAppends(documentId);
  words.push('unknown');
  const typed = editor.type('unknown');
  await world.appendWaits();
  await world.sql.query(`${cut} AND wait_event_type = 'Lock'`);
  expect(await editor.client.hears('document:status', ({ state }) => state === 'stalled')).toEqual({
    documentId,
    state: 'stalled',
  });
  await release();
  expect(await typed).toBeGreaterThan(0);
  await editor.client.hears('document:status', ({ state }) => state === 'ok');
  const seqs = await editor.saved();
  expect(seqs).toHaveLength(words.length);
  expect(editor.text).toBe(words.join(''));
  await reader.shows(editor.text);
  const rows = await world.rows(documentId);
  expect(rows.map(({ seq }) => seq)).toEqual(rows.map((_, i) => i + 1));
  const doc = new Y.Doc();
  for (const { bytes } of rows) Y.applyUpdate(doc, bytes);
  expect(doc.getText('content').toString()).toBe(editor.text);
});
