import { afterAll, afterEach, beforeAll, expect, it } from '@jest/globals';
import * as Y from 'yjs';
import { Client } from 'pg';
import { craftUpdate, string } from '../support/craft-update.js';
import { PlainEditor } from '../support/plain-editor.js';
import { type Person, SyncWorld } from '../support/sync-world.js';
import { eventually } from '../../src/testing/eventually.js';

let world: SyncWorld;
let ada: Person;
let bob: Person;
let eve: Person;
beforeAll(async () => {
  world = await SyncWorld.start();
  ada = await world.person('Ada');
  bob = await world.person('Bob');
  eve = await world.person('Eve');
});
afterEach(() => world.hangUp());
afterAll(() => world?.stop());

it('uppercase', async () => {
  const { documentId } = await world.share(ada, [[bob, 'editor']], { text: 'hi' });
  const a = await PlainEditor.open(await world.connect(ada), documentId);
  const b = await PlainEditor.open(await world.connect(bob), documentId.toUpperCase());
  console.log(await b.type('X').catch((e) => String(e)), await world.count('document_updates', documentId));
  await a.shows('hiX', 1000);
});

it('close after edit', async () => {
  const { documentId } = await world.share(ada, [], {});
  const c = await world.connect(ada);
  await c.ask('document:open', { documentId });
  const doc = new Y.Doc();
  doc.getText('content').insert(0, 'x');
  const u = c.ask('document:update', { documentId, update: Y.encodeStateAsUpdate(doc) });
  const cl = c.ask('document:close', { documentId });
  expect(await Promise.all([u, cl])).toEqual([{ ok: true, seq: 1 }, { ok: true }]);
});

it('refused binds', async () => {
  const { documentId } = await world.share(ada, [], {});
  const c = await world.connect(ada);
  await c.ask('document:open', { documentId });
  const before = await world.count('document_clients', documentId);
  const update = craftUpdate([{ client: 77, clock: 5, structs: [string('a', { origin: [77, 4] })] }]);
  console.log(await c.ask('document:update', { documentId, update }));
  expect(await world.count('document_clients', documentId)).toBe(before);
});

it('stranger hears project events', async () => {
  const { projectId } = await world.share(ada, [], {});
  const c = await world.connect(eve);
  let on = true;
  const loop = (async () => { while (on) await Promise.all(Array.from({ length: 20 }, () => c.ask('project:open', { projectId }))); })();
  for (let i = 0; i < 30; i++) await world.addDocument(ada, projectId);
  on = false;
  await loop;
  console.log('heard', c.told('project:event').length);
  expect(c.told('project:event').length).toBe(0);
});

it('dependent of dropped', async () => {
  const { documentId, projectId } = await world.share(ada, [[bob, 'editor'], [eve, 'editor']], {});
  const b = await PlainEditor.open(await world.connect(bob), documentId);
  const e = await PlainEditor.open(await world.connect(eve), documentId);
  await b.type('1');
  await e.type('2');
  const tx = new Client({ connectionString: world.server.databaseUrl });
  await tx.connect();
  await tx.query('BEGIN');
  await tx.query('SELECT 1 FROM documents WHERE id = $1 FOR UPDATE', [documentId]);
  const first = b.type('from bob');
  const r1 = first.catch((x) => String(x));
  await eventually('append waits', async () => (await world.sql.query("SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()")).rowCount! > 0);
  // eve builds on what she cannot know
  const c = e.doc.clientID;
  const at = Y.getState(e.doc.store, c);
  const bat = Y.getState(b.doc.store, b.doc.clientID);
  const update = craftUpdate([{ client: c, clock: at, structs: [string('evil', { origin: [b.doc.clientID, bat - 1] })] }]);
  const r2 = e.client.ask('document:update', { documentId, update });
  // a repeat of an old edit by a third
  const rep = e.client.ask('document:update', { documentId, update: Y.encodeStateAsUpdate(b.doc) });
  await new Promise((r) => setTimeout(r, 200));
  await tx.query('DELETE FROM project_members WHERE user_id = $1 AND project_id = $2', [bob.user.id, projectId]);
  await tx.query('UPDATE documents SET access_version = access_version + 1 WHERE id = $1', [documentId]);
  await tx.query('COMMIT');
  await tx.end();
  console.log(await r1, await r2, await rep);
  const rows = await world.rows(documentId);
  const doc = new Y.Doc();
  for (const r of rows) Y.applyUpdate(doc, r.bytes);
  expect(doc.store.pendingStructs).toBeNull();
});

it('stale role', async () => {
  const { documentId, projectId } = await world.share(ada, [[bob, 'editor']], {});
  const c = await world.connect(bob);
  const tx = new Client({ connectionString: world.server.databaseUrl });
  await tx.connect();
  await tx.query('BEGIN');
  await tx.query('LOCK TABLE document_snapshots IN ACCESS EXCLUSIVE MODE');
  const open = c.ask('document:open', { documentId });
  await eventually('load waits', async () => (await world.sql.query("SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()")).rowCount! > 0);
  await world.sql.query('DELETE FROM project_members WHERE user_id = $1 AND project_id = $2', [bob.user.id, projectId]);
  await world.sql.query('UPDATE documents SET access_version = access_version + 1 WHERE id = $1', [documentId]);
  await tx.query('COMMIT');
  await tx.end();
  console.log(await open);
  const doc = new Y.Doc();
  doc.getText('content').insert(0, 'x');
  const answer = await c.ask('document:update', { documentId, update: Y.encodeStateAsUpdate(doc) });
  expect(answer.ok).toBe(false);
});

it('unread acks', async () => {
  const { documentId } = await world.share(ada, [], { text: 'x'.repeat(400_000) });
  const c = await world.connect(ada);
  const client = c.websocket as unknown as { _socket: import('node:net').Socket };
  client._socket.pause();
  const before = process.memoryUsage();
  const sv = Y.encodeStateVector(new Y.Doc());
  for (let i = 0; i < 500; i++) c.sendRaw('document:open', { documentId, stateVector: sv }, () => {});
  await new Promise((r) => setTimeout(r, 3000));
  const after = process.memoryUsage();
  console.log('rss', (after.rss - before.rss) / 1e6, 'ab', (after.arrayBuffers - before.arrayBuffers) / 1e6);
});
