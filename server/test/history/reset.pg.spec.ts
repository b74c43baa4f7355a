import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { type DocumentProvider, MemoryOutbox, TandemClient } from '@tandem/protocol/client';
import type { HistoryPage, ResetAnswer, Version } from '@tandem/protocol/http';
import * as Y from 'yjs';
import { NodeBus } from '../../src/core/bus/node-bus.js';
import { eventually } from '../../src/testing/eventually.js';
import { patience } from '../../src/testing/patience.js';
import { createTestDatabase, type TestDatabase } from '../../src/testing/postgres.js';
import { accepted, refusedWith } from '../support/plain-client.js';
import { PlainEditor } from '../support/plain-editor.js';
import { type Person, SyncWorld } from '../support/sync-world.js';

/** A reset of another node may take so long to be noticed; without the bus, one look at the heads more. */
const TOLD_MS = 1_500;
const FOUND_OUT_MS = 2_500;

let database: TestDatabase;
let here: SyncWorld;
let there: SyncWorld;
let ada: Person;
let bob: Person;
const clients: TandemClient[] = [];

beforeAll(async () => {
  database = await createTestDatabase();
  here = await SyncWorld.start({ databaseUrl: database.url });
  there = await SyncWorld.start({ databaseUrl: database.url }, here.server.secret);
  [ada, bob] = [await here.person('Ada'), await here.person('Bob')];
});
afterEach(async () => {
  await Promise.all(clients.splice(0).map((client) => client.close()));
  await Promise.all([here.hangUp(), there.hangUp()]);
});
afterAll(async () => {
  await Promise.all([here?.stop(), there?.stop()]);
  await database?.drop();
});

const reset = async (documentId: string, body: object, who: Person = ada) =>
  (await here.rest(who, 'POST', `/documents/${documentId}/reset`, body)) as ResetAnswer;
const textOf = (documentId: string, query = '') => here.rest(ada, 'GET', `/documents/${documentId}/text${query}`);
const stands = async (documentId: string) => {
  const sql = 'SELECT head::int, epoch, snapshot_seq::int AS "snapshotSeq" FROM documents WHERE id = $1';
  return (await here.sql.query<{ head: number; epoch: number; snapshotSeq: number }>(sql, [documentId])).rows[0]!;
};

/** An editor on the SDK. */
async function sdkEditor(world: SyncWorld, who: Person, documentId: string): Promise<DocumentProvider> {
  const { accessToken: token } = who;
  const client = new TandemClient({ url: world.server.url, token, outbox: new MemoryOutbox(), random: () => 0.01 });
  clients.push(client);
  await client.connect();
  const provider = client.openDocument(documentId);
  await provider.whenSynced();
  return provider;
}

/** Two words of Ada's, then one that nobody wants. */
async function written(kind: 'text' | 'free' = 'text') {
  const shared = await here.share(ada, [[bob, 'editor']], { kind });
  const editor = await PlainEditor.open(await here.connect(ada), shared.documentId);
  for (const word of ['good ', 'text', ' spoilt']) await editor.type(word);
  return { ...shared, editor };
}

describe('reset', () => {
  it('HIST-5: every editor on every node opens it under the new epoch, and keeps a copy for its user', async () => {
    const { documentId } = await written();
    const editors = [await sdkEditor(here, ada, documentId), await sdkEditor(there, bob, documentId)];
    const began = performance.now();
    expect(await reset(documentId, { seq: 2 })).toEqual({ epoch: 2, seq: 4 });
    await eventually(
      'both show the document of the new epoch',
      () => editors.every((editor) => editor.epoch === 2 && editor.synced && editor.text.toString() === 'good text'),
      TOLD_MS,
    );
    expect(performance.now() - began).toBeLessThan((TOLD_MS + 500) * patience());
    for (const editor of editors) {
      expect(editor.kept.map(({ text, reason }) => [text, reason])).toEqual([['good text spoilt', 'epoch_mismatch']]);
    }
    editors[1]!.text.insert(9, '!');
    await editors[1]!.whenSaved();
    await eventually('the other sees it', () => editors[0]!.text.toString() === 'good text!');
    const rows = await here.rows(documentId);
    expect(rows.map(({ seq }) => seq)).toEqual([1, 2, 3, 4, 5]);
    expect(await stands(documentId)).toEqual({ head: 5, epoch: 2, snapshotSeq: 4 });
  });

  it('HIST-5: what is typed while it happens is stored before it, or kept for its user, and never in the new epoch', async () => {
    const { documentId } = await written();
    const editors = [await sdkEditor(here, ada, documentId), await sdkEditor(there, bob, documentId)];
    let isOver = false;
    const typing = editors.map(async (editor, who) => {
      for (let n = 0; !isOver && editor.epoch === 1; n++) {
        editor.text.insert(0, `${who}.${n};`);
        if (n % 3 === 0) await new Promise(setImmediate);
      }
    });
    await eventually('both type', () => editors.every(({ text }) => text.length > 60));
    const { seq } = await reset(documentId, { empty: true });
    isOver = true;
    await Promise.all(typing);
    await eventually('both are there', () => editors.every(({ epoch, synced }) => epoch === 2 && synced), TOLD_MS);
    await Promise.all(editors.map((editor) => editor.whenSaved()));
    const rows = await here.rows(documentId);
    // What was on its way when they opened the new epoch is typed there; nothing of the old one is.
    const later = rows.slice(seq).flatMap(({ bytes }) => Y.decodeUpdate(bytes).structs);
    expect(later.every(({ id }) => editors.some(({ doc }) => doc.clientID === id.client))).toBe(true);
    const before = String(await textOf(documentId, `?seq=${seq - 1}`));
    for (const editor of editors) expect(editor.kept).toHaveLength(1);
    for (const token of before.split(';').slice(0, -1)) {
      expect(editors.some(({ kept }) => kept[0]!.text.includes(`${token};`))).toBe(true);
    }
    expect(rows.map((row) => row.seq)).toEqual(rows.map((_, i) => i + 1));
  });

  it('HIST-5 DOC-39: a plain client is told, and its edits are refused until it opens the document again', async () => {
    const { documentId, editor } = await written();
    await reset(documentId, { seq: 1 });
    expect(await editor.client.hears('document:reset')).toEqual({ documentId, epoch: 2 });
    const late = editor.prepare((text) => text.insert(0, 'late'));
    const refusal = await refusedWith(editor.client.ask('document:update', { documentId, update: late }));
    expect(['epoch_mismatch', 'not_open']).toContain(refusal.code);
    const stale = await refusedWith(editor.client.ask('document:open', { documentId, epoch: 1, seq: 3 }));
    expect(stale).toMatchObject({ code: 'epoch_mismatch', details: { epoch: 2, seq: 4 } });
    const anew = await PlainEditor.open(editor.client, documentId);
    expect([anew.opened.epoch, anew.opened.seq, anew.text]).toEqual([2, 4, 'good ']);
    expect(await anew.type('!')).toBe(5);
  });

  it('HIST-5: client ids of before cannot be written under any more', async () => {
    const { documentId, editor } = await written();
    await reset(documentId, { seq: 2 });
    const client = await here.connect(ada);
    const { clientID: clientId } = editor.doc;
    expect(await refusedWith(client.ask('document:open', { documentId, clientId }))).toMatchObject({
      code: 'not_your_client_id',
    });
    await accepted(client.ask('document:open', { documentId }));
    const forged = new Y.Doc();
    forged.clientID = clientId;
    forged.getText('content').insert(0, 'again');
    const update = Y.encodeStateAsUpdate(forged);
    expect((await refusedWith(client.ask('document:update', { documentId, update }))).code).toBe('not_your_client_id');
  });

  it('HIST-5: what was before stays in history, and named versions stay', async () => {
    const { documentId } = await written();
    const version = (await here.rest(ada, 'POST', `/documents/${documentId}/versions`, { name: 'all' })) as Version;
    await reset(documentId, { empty: true });
    expect(await textOf(documentId)).toBe('');
    const editor = await PlainEditor.open(await there.connect(bob), documentId);
    await editor.type('fresh');
    expect(await Promise.all([3, 4, 5].map((seq) => textOf(documentId, `?seq=${seq}`)))).toEqual([
      'good text spoilt',
      '',
      'fresh',
    ]);
    const { changes } = (await here.rest(ada, 'GET', `/documents/${documentId}/history`)) as HistoryPage;
    expect(
      changes.map(({ kind, of, fromSeq, seq, authors }) => [kind, of, fromSeq, seq, authors[0]!.displayName]),
    ).toEqual([
      ['edit', undefined, 5, 5, 'Bob'],
      ['reset', { empty: true }, 4, 4, 'Ada'],
      ['edit', undefined, 1, 3, 'Ada'],
    ]);
    expect(await reset(documentId, { versionId: version.id })).toEqual({ epoch: 3, seq: 6 });
    expect(await textOf(documentId)).toBe('good text spoilt');
    const back = await PlainEditor.open(await there.connect(bob), documentId);
    expect([back.opened.epoch, back.text]).toEqual([3, 'good text spoilt']);
    // A restore reaches over the reset, too.
    await here.rest(bob, 'POST', `/documents/${documentId}/restore`, { seq: 2 });
    await back.shows('good text');
  });

  it('HIST-5: text comes without what was deleted from it, and is compacted, loaded and looked at like any', async () => {
    const { documentId, editor } = await written();
    for (let i = 0; i < 60; i++) {
      editor.doc.getText('content').insert(0, `${i} `);
      editor.doc.getText('content').delete(3, 2);
    }
    await editor.saved();
    const { seq } = await reset(documentId, { seq: 3 });
    const anew = await PlainEditor.open(await there.connect(bob), documentId);
    expect(anew.text).toBe('good text spoilt');
    expect(anew.fingerprint.deletes).toBe('[]');
    for (let i = 0; i < 520; i++) anew.doc.getText('content').insert(i % 9, `${i % 10}`);
    await anew.saved();
    await eventually('there is a snapshot', async () => (await stands(documentId)).snapshotSeq > seq);
    expect(await textOf(documentId, `?seq=${seq + 520}`)).toBe(anew.text);
    expect(await textOf(documentId, `?seq=${seq}`)).toBe('good text spoilt');
    await there.hangUp();
    await there.roomHas(documentId, 0);
    there.forget(documentId);
    const cold = await PlainEditor.open(await there.connect(bob), documentId);
    expect(cold.fingerprint).toEqual(anew.fingerprint);
  });

  it('HIST-5: a document of kind free becomes what it was, with all its types', async () => {
    const { documentId } = await here.share(ada, [], { kind: 'free' });
    const editor = await PlainEditor.open(await here.connect(ada), documentId);
    const type = async (change: () => void) => {
      change();
      await editor.saved();
    };
    await type(() => editor.doc.getMap('map').set('list', new Y.Array()));
    await type(() => (editor.doc.getMap('map').get('list') as Y.Array<number>).push([1, 2]));
    const good = editor.doc.getMap('map').toJSON();
    await type(() => editor.doc.getMap('map').set('list', 'spoilt'));
    expect(await reset(documentId, { seq: 2 })).toEqual({ epoch: 2, seq: 4 });
    const anew = await PlainEditor.open(await there.connect(ada), documentId);
    expect(anew.doc.getMap('map').toJSON()).toEqual(good);
    anew.doc.getMap('map').set('more', true);
    expect(await anew.saved()).toEqual([5]);
  });

  it('HIST-5: a document that lost rows is whole again, as a version that was made before', async () => {
    const { documentId, editor } = await written();
    const { id } = (await here.rest(ada, 'POST', `/documents/${documentId}/versions`, { name: 'kept' })) as Version;
    await editor.type('!');
    await here.hangUp();
    await here.roomHas(documentId, 0);
    here.forget(documentId);
    await here.sql.query(
      'UPDATE document_updates SET bytes = set_byte(bytes, 0, 255 - get_byte(bytes, 0)) WHERE document_id = $1 AND seq = 2',
      [documentId],
    );
    const damagedAt = async () =>
      (await here.sql.query<{ at: Date | null }>('SELECT damaged_at AS at FROM documents WHERE id = $1', [documentId]))
        .rows[0]!.at;
    await accepted((await here.connect(bob)).ask('document:open', { documentId }));
    await eventually('the damage is found', async () => (await damagedAt()) !== null);
    await expect(reset(documentId, { seq: 2 })).rejects.toMatchObject({ code: 'store_unavailable' });
    await reset(documentId, { versionId: id });
    expect(await damagedAt()).toBeNull();
    const anew = await PlainEditor.open(await there.connect(ada), documentId);
    expect([anew.text, anew.opened.damaged]).toEqual(['good text spoilt', undefined]);
    expect(await anew.type('.')).toBe(6);
  });

  it('HIST-5 V5: with the bus dead the other node finds out within two seconds', async () => {
    const { documentId } = await written();
    const editor = await sdkEditor(there, bob, documentId);
    const buses = [here, there].map((world) => world.server.app.get(NodeBus, { strict: false }));
    const publish = buses.map((bus) => bus.publish);
    for (const bus of buses) bus.publish = () => undefined;
    try {
      await reset(documentId, { empty: true });
      await eventually('the editor has the new epoch', () => editor.epoch === 2 && editor.synced, FOUND_OUT_MS);
    } finally {
      for (const [i, bus] of buses.entries()) bus.publish = publish[i]!;
    }
  });

  it('HIST-5: of an append that waits with the old epoch nothing is stored after it', async () => {
    const { documentId, editor } = await written();
    const release = await here.holdAppends(documentId);
    const resets = reset(documentId, { seq: 1 });
    await here.appendWaits();
    const typed = editor.type('late');
    typed.catch(() => undefined);
    // Behind the reset: before it, it would be stored, and rightly.
    await here.appendWaits(2);
    await release();
    const { seq } = await resets;
    await expect(typed).rejects.toThrow('epoch_mismatch');
    expect((await here.rows(documentId)).at(-1)!.seq).toBe(seq);
    expect(await textOf(documentId)).toBe('good ');
  });

  it.each([{}, { seq: 1, empty: true }, { empty: false }, { seq: 99 }])('refuses %j', async (body) => {
    const { documentId } = await written();
    await expect(reset(documentId, body)).rejects.toMatchObject({ code: 'bad_request' });
    expect((await stands(documentId)).epoch).toBe(1);
  });
});
