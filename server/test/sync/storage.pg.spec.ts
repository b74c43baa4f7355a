import { afterAll, afterEach, beforeAll, expect, it } from '@jest/globals';
import * as Y from 'yjs';
import { eventually } from '../../src/testing/eventually.js';
import { fingerprint } from '../../src/testing/yjs-edits.js';
import { accepted } from '../support/plain-client.js';
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
  /** The fastest of a few. */
  const loadedInMs = async () => {
    const times: number[] = [];
    for (let round = 0; round < 3; round++) {
      const startedAt = performance.now();
      await world.engine.rooms.open(documentId);
      times.push(performance.now() - startedAt);
      world.forget(documentId);
    }
    return Math.min(...times);
  };
  const longMs = await loadedInMs();
  const writer = await PlainEditor.open(await world.connect(ada), documentId);
  expect(writer.fingerprint).toEqual(fingerprint(doc));
  // The first edit makes the server look at the length of the tail.
  await writer.type('!');
  const { fingerprint: written } = writer;
  await eventually('there is a snapshot', async () => (await snapshotOf(documentId)).snapshotSeq > 0, 20_000);
  await leave(documentId);
  const { head, snapshotSeq } = await snapshotOf(documentId);
  expect(head).toBe(ROWS + 1);
  expect(head - snapshotSeq).toBeLessThan(500);
  expect(await world.count('document_updates', documentId)).toBe(ROWS + 1);
  expect(await loadedInMs()).toBeLessThan(longMs / 4);
  const again = await world.connect(ada);
  const reader = await PlainEditor.open(again, documentId);
  expect(reader.fingerprint).toEqual(written);
  // What it builds on lies behind the snapshot.
  const stateVector = Y.encodeStateVector(reader.doc);
  const answer = await accepted(again.ask('document:open', { documentId, stateVector, seq: 17, epoch: 1 }));
  expect(Y.decodeUpdate(answer.update!).structs).toEqual([]);
});

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
