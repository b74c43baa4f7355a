import { afterAll, afterEach, beforeAll, expect, it } from '@jest/globals';
import * as Y from 'yjs';
import { UpdateLog } from '../../src/core/document/update-log.js';
import { Retention } from '../../src/features/history/retention.js';
import { eventually } from '../../src/testing/eventually.js';
import { createTestDatabase, type TestDatabase } from '../../src/testing/postgres.js';
import { editText, fingerprint, seeded } from '../../src/testing/yjs-edits.js';
import { PlainEditor } from '../support/plain-editor.js';
import { type Person, SyncWorld } from '../support/sync-world.js';

let database: TestDatabase;
let here: SyncWorld;
let there: SyncWorld;
let ada: Person;
let bob: Person;

beforeAll(async () => {
  database = await createTestDatabase();
  // So that rooms compact all the while, and meet the checkpoints.
  const settings = { databaseUrl: database.url, compactRows: 60 };
  here = await SyncWorld.start(settings);
  there = await SyncWorld.start(settings, here.server.secret);
  [ada, bob] = [await here.person('Ada'), await here.person('Bob')];
});
afterEach(() => Promise.all([here.hangUp(), there.hangUp()]));
afterAll(async () => {
  await Promise.all([here?.stop(), there?.stop()]);
  await database?.drop();
});

const retention = (world: SyncWorld) => world.server.app.get(Retention, { strict: false });
const historySeq = async (documentId: string) => {
  const sql = 'SELECT history_seq::int AS seq FROM documents WHERE id = $1';
  return (await here.sql.query<{ seq: number }>(sql, [documentId])).rows[0]!.seq;
};
/** All that is stored by now was stored long ago. */
const age = (documentId: string) =>
  here.sql.query(
    `UPDATE document_updates SET created_at = now() - interval '40 days' + seq * interval '1 second' WHERE document_id = $1`,
    [documentId],
  );

it('HIST-7 F25: rows go while people type on two nodes, and everybody has the same document all the while', async () => {
  const { documentId } = await here.share(ada, [[bob, 'editor']]);
  const editors = [
    await PlainEditor.open(await here.connect(ada), documentId),
    await PlainEditor.open(await there.connect(bob), documentId),
  ];
  let isOver = false;
  const typing = editors.map(async (editor, who) => {
    const random = seeded(who + 1);
    while (!isOver) {
      for (let i = 0; i < 5; i++) editText(editor.doc, random);
      await editor.saved();
    }
  });
  const cuts: number[] = [];
  for (let pass = 0; pass < 8; pass++) {
    await age(documentId);
    // Whoever of the two nodes comes first; the other finds that it is being done.
    await Promise.all([retention(here).run(), retention(there).run()]);
    cuts.push(await historySeq(documentId));
    const cold = await PlainEditor.open(await here.connect(bob), documentId);
    await cold.saved();
    cold.client.disconnect();
  }
  isOver = true;
  await Promise.all(typing);
  await Promise.all(editors.map((editor) => editor.saved()));
  await eventually('both have everything', () => editors[0]!.text === editors[1]!.text);
  expect(editors[1]!.fingerprint).toEqual(editors[0]!.fingerprint);
  expect(new Set(cuts).size).toBeGreaterThan(3);

  // Now with nobody there, from the database alone, once more after the last rows have gone, too.
  const before = editors[0]!.fingerprint;
  await Promise.all([here.hangUp(), there.hangUp()]);
  for (const last of [false, true]) {
    if (last) {
      await age(documentId);
      await retention(here).run();
      await retention(here).run();
      expect(await here.count('document_updates', documentId)).toBe(0);
    }
    await here.roomHas(documentId, 0);
    here.forget(documentId);
    const cold = await PlainEditor.open(await here.connect(ada), documentId);
    expect(cold.fingerprint).toEqual(before);
    await here.hangUp();
  }
  const head = await here.server.app.get(UpdateLog, { strict: false }).heads([documentId]);
  const editor = await PlainEditor.open(await there.connect(bob), documentId);
  expect(await editor.type('on it goes')).toBe(head.get(documentId)!.head + 1);
  const replay = new Y.Doc();
  Y.applyUpdate(replay, Y.encodeStateAsUpdate(editor.doc));
  expect(fingerprint(replay)).toEqual(editor.fingerprint);
});

it('HIST-7: an editor who was away for longer than history goes on with what he typed', async () => {
  const { documentId } = await here.share(ada, [[bob, 'editor']]);
  const away = await PlainEditor.open(await here.connect(ada), documentId);
  await away.type('one ');
  const typed = away.prepare((text) => text.insert(4, 'offline '));
  away.client.disconnect();
  const other = await PlainEditor.open(await there.connect(bob), documentId);
  await other.type('two');
  await age(documentId);
  await retention(there).run();
  expect(await here.count('document_updates', documentId)).toBe(0);
  const back = await PlainEditor.open(await here.connect(ada), documentId, {
    doc: away.doc,
    seq: 1,
    epoch: 1,
    stateVector: Y.encodeStateVector(away.doc),
    instance: 'same',
  });
  back.send(typed);
  expect(await back.saved()).toEqual([3]);
  expect(back.text).toContain('offline');
  await other.shows(back.text);
});

it('HIST-7: history tells where it begins, and what lies behind is gone', async () => {
  const { documentId } = await here.share(ada);
  const editor = await PlainEditor.open(await here.connect(ada), documentId);
  for (const word of ['a', 'b', 'c']) await editor.type(word);
  await age(documentId);
  await editor.type('d');
  await retention(here).run();
  const path = `/documents/${documentId}`;
  expect(await here.rest(ada, 'GET', `${path}/history`)).toMatchObject({
    oldestSeq: 3,
    before: null,
    changes: [{ seq: 4 }],
  });
  expect(await here.rest(ada, 'GET', `${path}/text?seq=3`)).toBe('abc');
  for (const [method, rest, body] of [
    ['GET', `text?seq=2`, undefined],
    ['GET', `text?at=${Date.now() - 90 * 86_400_000}`, undefined],
    ['POST', 'restore', { seq: 2 }],
    ['POST', 'reset', { seq: 2 }],
    ['POST', 'versions', { name: 'x', seq: 2 }],
  ] as const) {
    await expect(here.rest(ada, method, `${path}/${rest}`, body)).rejects.toMatchObject({ code: 'history_gone' });
  }
  await here.rest(ada, 'POST', `${path}/restore`, { seq: 3 });
  await editor.shows('abc');
});
