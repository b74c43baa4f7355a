import { afterAll, afterEach, beforeAll, expect, it } from '@jest/globals';
import type { DocumentKind } from '@tandem/protocol';
import * as Y from 'yjs';
import { Compactor } from '../../src/core/document/compactor.js';
import { DocumentState } from '../../src/core/document/document-state.js';
import { Quarantine } from '../../src/core/document/quarantine.js';
import type { Room } from '../../src/core/document/room/room.js';
import { decodeUpdate } from '../../src/core/document/update/decode-update.js';
import { UpdateLog } from '../../src/core/document/update-log.js';
import { eventually } from '../../src/testing/eventually.js';
import { createTestDatabase, type TestDatabase } from '../../src/testing/postgres.js';
import { editFree, editText, seeded, sessionOf } from '../../src/testing/yjs-edits.js';
import { refusedWith } from '../support/plain-client.js';
import { PlainEditor } from '../support/plain-editor.js';
import { type Person, SyncWorld } from '../support/sync-world.js';
import { Damage } from './support/damage.js';
import { closeTabs, Tab } from './support/tab.js';

let database: TestDatabase;
let here: SyncWorld;
let there: SyncWorld;
let damage: Damage;
let ada: Person;

beforeAll(async () => {
  database = await createTestDatabase();
  here = await SyncWorld.start({ databaseUrl: database.url, compactRows: 30 });
  there = await SyncWorld.start({ databaseUrl: database.url, compactRows: 30 }, here.server.secret);
  damage = new Damage(here);
  ada = await here.person('Ada');
});
afterEach(async () => {
  await closeTabs();
  await Promise.all([here?.hangUp(), there?.hangUp()]);
});
afterAll(async () => {
  await Promise.all([here?.stop(), there?.stop()]);
  await database?.drop();
});

const roomOf = (documentId: string): Room => here.engine.rooms.get(documentId)!;
const check = (documentId: string) => here.engine.integrity.digests.check(roomOf(documentId));

/** Another node has stored the deletion of `length` characters, and this one takes the row for an empty one. */
async function missDelete(documentId: string, doc: Y.Doc, length: number): Promise<void> {
  const other = new Y.Doc();
  Y.applyUpdate(other, Y.encodeStateAsUpdate(doc));
  const before = Y.encodeStateVector(other);
  other.getText('content').delete(0, length);
  const { epoch, accessVersion, state } = roomOf(documentId);
  // At once: the look at the heads must find the room where it thinks that it is.
  state.appendNothing();
  const rows = [{ userId: ada.user.id, bytes: Y.encodeStateAsUpdate(other, before), provenance: undefined }];
  await here.server.app.get(UpdateLog, { strict: false }).append([{ documentId, epoch, accessVersion, rows }], 0);
}

it('M13: a room that missed a delete has the same state vector; the digest tells, and its editors get the text of the log', async () => {
  const { documentId } = await here.share(ada);
  const tab = await Tab.open(here, ada, documentId);
  await tab.type('hello world');
  expect(await check(documentId)).toBe(true);
  const wrong = roomOf(documentId);
  await missDelete(documentId, tab.provider.doc, 6);
  const before = await damage.metric('tandem_document_divergences_total');

  expect(await check(documentId)).toBe(false);
  expect(await damage.metric('tandem_document_divergences_total')).toBe(before + 1);
  expect(here.server.log).toContain('the room has another document at 2 than the log');
  await tab.shows('world');
  expect(roomOf(documentId)).not.toBe(wrong);
  expect(await check(documentId)).toBe(true);
  await tab.type('!');
  expect(tab.provider).toMatchObject({ kept: [], saved: true });
  const cold = await PlainEditor.open(await there.connect(ada), documentId);
  expect(cold.text).toBe('world!');
});

it('DOC-46: who has it open is told to open it again, and what waits for its commit is given back', async () => {
  const { documentId } = await here.share(ada);
  const editor = await PlainEditor.open(await here.connect(ada), documentId);
  await editor.type('hello world');
  await missDelete(documentId, editor.doc, 6);
  const release = await here.holdAppends(documentId);
  const update = editor.prepare((text) => text.insert(0, 'new '));
  const waiting = refusedWith(editor.client.ask('document:update', { documentId, update }));
  await here.appendWaits();
  expect(await check(documentId)).toBe(false);
  expect(await waiting).toMatchObject({ code: 'store_unavailable', retry: 'resync' });
  expect(await editor.client.hears('document:status', ({ state }) => state === 'closed')).toEqual({
    documentId,
    state: 'closed',
    reopen: true,
  });
  await release();
  const again = await PlainEditor.open(editor.client, documentId, { doc: new Y.Doc() });
  await again.shows((text) => text.endsWith('world') && !text.includes('hello'));
});

it('M13: also at the end of a room, when nobody is in it any more', async () => {
  const { documentId } = await here.share(ada);
  const tab = await Tab.open(here, ada, documentId);
  await tab.type('hello world');
  await missDelete(documentId, tab.provider.doc, 6);
  await tab.close();
  await here.roomHas(documentId, 0);
  const now = Date.now();
  here.engine.rooms.evictIdle(now, 1);
  here.engine.rooms.evictIdle(now + 2, 1);
  expect(here.engine.rooms.get(documentId)).toBeUndefined();
  const told = new RegExp(`${documentId}[^\\n]*contradicts the log|contradicts the log[^\\n]*${documentId}`);
  await eventually('the check has told', () => told.test(here.server.log), 25_000);
});

it.each([
  ['text', editText, 1],
  ['free', editFree, 2],
] as const)('two nodes that edit and compact a %s document are found to be the same', async (kind, edit, seed) => {
  const { documentId } = await here.share(ada, [], { kind: kind as DocumentKind });
  const { updates } = sessionOf(seeded(seed), { editors: 3, edits: 120, edit });
  for (const [index, update] of updates.entries()) {
    const world = index % 2 === 0 ? here : there;
    const room = await world.engine.rooms.open(documentId);
    const rows = [{ userId: ada.user.id, bytes: update, provenance: undefined }];
    const { epoch, accessVersion } = room;
    await world.server.app.get(UpdateLog, { strict: false }).append([{ documentId, epoch, accessVersion, rows }], 0);
    for (const { engine } of [here, there]) await engine.look(documentId);
    if (index % 40 === 0) expect(await check(documentId)).toBe(true);
  }
  for (const { engine } of [here, there]) await engine.compaction.whenIdle();
  expect(await here.count('document_snapshots', documentId)).toBeGreaterThan(0);
  for (const { engine } of [here, there]) {
    expect(await engine.integrity.digests.check(engine.rooms.get(documentId)!)).toBe(true);
  }
});

it('a stored row that went bad behind an open room is healed before anybody has read it', async () => {
  const { documentId } = await here.share(ada);
  const tab = await Tab.open(here, ada, documentId);
  for (const word of ['one ', 'two ', 'three']) await tab.type(word);
  await damage.flipRow(documentId, 2);
  expect(await check(documentId)).toBe(false);
  await damage.isHealed(ada, documentId);
  expect(tab.provider.status).toBe('open');
  const cold = await PlainEditor.open(await there.connect(ada), documentId);
  expect(cold.text).toBe('one two three');
  expect(cold.opened).not.toHaveProperty('damaged');
});

it('a room that is whole is not given up for a log that something is missing of, while it is being healed', async () => {
  const { documentId } = await here.share(ada);
  const tab = await Tab.open(here, ada, documentId);
  for (const word of ['one ', 'two ', 'three']) await tab.type(word);
  const room = roomOf(documentId);
  const log = here.server.app.get(UpdateLog, { strict: false });
  // As a server of an earlier version left it: flagged, and with a snapshot of the rest.
  const rest = DocumentState.empty('text');
  const first = decodeUpdate((await here.rows(documentId))[0]!.bytes, 'text');
  if (typeof first === 'string') throw new Error(first);
  rest.append(first);
  for (let i = 0; i < 2; i++) rest.appendNothing();
  const compactor = here.server.app.get(Compactor, { strict: false });
  const { snapshot } = await compactor.compact(rest.encode(), 'text', rest.seq);
  const { observe } = here.engine.integrity.healing;
  here.engine.integrity.healing.observe = () => undefined;
  try {
    await here.server.app
      .get(Quarantine, { strict: false })
      .setAside(documentId, [{ part: 'row', seq: 2, reason: 'missing' }]);
    expect(await log.saveSnapshot(documentId, snapshot, 0, room.epoch)).toBe(true);
    await check(documentId);
    expect(roomOf(documentId) === room).toBe(true);
  } finally {
    here.engine.integrity.healing.observe = observe;
  }
  await damage.isHealed(ada, documentId);
  expect(tab.text).toBe('one two three');
  await closeTabs();
  expect((await PlainEditor.open(await there.connect(ada), documentId)).text).toBe('one two three');
});
