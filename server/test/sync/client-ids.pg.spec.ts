import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import * as Y from 'yjs';
import { craftUpdate, string } from '../support/craft-update.js';
import { accepted, refusedWith } from '../support/plain-client.js';
import { PlainEditor } from '../support/plain-editor.js';
import { storedFingerprint } from '../support/stored-updates.js';
import { type Person, type Shared, SyncWorld } from '../support/sync-world.js';

let world: SyncWorld;
let ada: Person;
let bob: Person;
let shared: Shared;

beforeAll(async () => {
  world = await SyncWorld.start();
  [ada, bob] = await Promise.all([world.person('Ada'), world.person('Bob')]);
});
afterEach(() => world?.hangUp());
afterAll(() => world?.stop());

const share = async () => {
  shared = await world.share(ada, [[bob, 'editor']]);
  return shared.documentId;
};

describe('whose a client id is', () => {
  it('DOC-30 A6 V1: an id stays with the user who opened or wrote with it first, also when he is gone', async () => {
    const documentId = await share();
    const first = await PlainEditor.open(await world.connect(ada), documentId);
    await first.type('x');
    first.client.disconnect();
    await world.roomHas(documentId, 0);
    world.forget(documentId);
    const client = await world.connect(bob);
    const clientId = first.doc.clientID;
    expect((await refusedWith(client.ask('document:open', { documentId, clientId }))).code).toBe('not_your_client_id');
    await accepted(client.ask('document:open', { documentId }));
    const update = craftUpdate([{ client: clientId, clock: 1, structs: [string('y')] }]);
    expect((await refusedWith(client.ask('document:update', { documentId, update }))).code).toBe('not_your_client_id');
  });

  it('DOC-30 A6: an id that was only opened with is bound too, and in this document only', async () => {
    const documentId = await share();
    const other = await world.addDocument(ada, shared.projectId);
    const owner = await PlainEditor.open(await world.connect(ada), documentId);
    const clientId = owner.doc.clientID;
    const client = await world.connect(bob);
    expect((await refusedWith(client.ask('document:open', { documentId, clientId }))).code).toBe('not_your_client_id');
    await accepted(client.ask('document:open', { documentId: other, clientId }));
  });

  it('DOC-30: two users who take a fresh id in the same moment: one of them gets it', async () => {
    const documentId = await share();
    const clients = await Promise.all([ada, bob, ada, bob].map((person) => world.connect(person)));
    for (const client of clients) await accepted(client.ask('document:open', { documentId }));
    const update = craftUpdate([{ client: 77, structs: [string('mine')] }]);
    const answers = await Promise.all(clients.map((client) => client.ask('document:update', { documentId, update })));
    const stored = answers.filter((answer) => answer.ok && answer.stored !== false);
    expect(stored).toHaveLength(1);
    const [row] = await world.rows(documentId);
    const next = craftUpdate([{ client: 77, clock: 4, structs: [string('more')] }]);
    const loser = clients[row!.userId === ada.user.id ? 1 : 0]!;
    expect((await refusedWith(loser.ask('document:update', { documentId, update: next }))).code).toBe(
      'not_your_client_id',
    );
    expect(await world.count('document_updates', documentId)).toBe(1);
  });
});

describe('one live writer', () => {
  it('DOC-31 V1: another instance of the same user is client_id_taken, also when the first is gone', async () => {
    const documentId = await share();
    const first = await PlainEditor.open(await world.connect(ada), documentId, { instance: 'one' });
    const clientId = first.doc.clientID;
    const second = await world.connect(ada);
    for (const instance of ['two', undefined]) {
      const open = second.ask('document:open', { documentId, clientId, ...(instance && { instance }) });
      expect(await refusedWith(open)).toMatchObject({ code: 'client_id_taken', retry: 'never' });
    }
    await accepted(second.ask('document:open', { documentId }));
    await first.type('x');
    const update = craftUpdate([{ client: clientId, clock: 1, structs: [string('y')] }]);
    expect((await refusedWith(second.ask('document:update', { documentId, update }))).code).toBe('client_id_taken');
    first.client.disconnect();
    await world.roomHas(documentId, 1);
    // What it has not sent yet may come with the next connection, and another `Y.Doc` would say something else under its ids.
    const copy = () => second.ask('document:open', { documentId, clientId, instance: 'two' });
    expect(await refusedWith(copy())).toMatchObject({ code: 'client_id_taken', retry: 'never' });
    await accepted(second.ask('document:close', { documentId }));
    world.forget(documentId);
    expect(await refusedWith(copy())).toMatchObject({ code: 'client_id_taken' });
    await accepted(second.ask('document:open', { documentId, clientId, instance: 'one' }));
  });

  it('DOC-31 V1: who tells no instance may write under his id again when nobody else does', async () => {
    const documentId = await share();
    const first = await PlainEditor.open(await world.connect(ada), documentId);
    const clientId = first.doc.clientID;
    const second = await world.connect(ada);
    first.client.disconnect();
    await world.roomHas(documentId, 0);
    await accepted(second.ask('document:open', { documentId, clientId, instance: 'two' }));
  });

  it('DOC-31 V1 F19: the same instance takes over, and the half-open connection writes and hears no more', async () => {
    const documentId = await share();
    const reader = await PlainEditor.open(await world.connect(bob), documentId);
    const doc = new Y.Doc();
    const old = await PlainEditor.open(await world.connect(ada), documentId, { doc, instance: 'same' });
    await old.type('before ');
    // The network is gone, and neither end knows: the old socket is neither closed nor read.
    old.client.websocket.pause();
    const lost = old.prepare((text) => text.insert(text.length, 'lost '));
    const back = await PlainEditor.open(await world.connect(ada), documentId, {
      doc,
      instance: 'same',
      stateVector: Y.encodeStateVector(doc),
    });
    const update = Y.encodeStateAsUpdate(doc, back.opened.stateVector);
    expect(await back.client.ask('document:update', { documentId, update })).toEqual({ ok: true, seq: 2 });
    old.client.websocket.resume();
    expect(await old.client.hears('document:status', ({ state }) => state === 'closed')).toEqual({
      documentId,
      state: 'closed',
    });
    const fenced = old.client.ask('document:update', { documentId, update: lost });
    expect(await refusedWith(fenced)).toMatchObject({ code: 'not_open', retry: 'resync' });
    const forged = craftUpdate([{ client: doc.clientID, clock: 12, structs: [string('fenced')] }]);
    expect((await refusedWith(old.client.ask('document:update', { documentId, update: forged }))).code).toBe(
      'not_open',
    );
    await reader.shows('before lost ');
    expect(await world.count('document_updates', documentId)).toBe(2);
  });

  it('DOC-32 V1 F35: a later session of the same user delivers what an earlier one left behind', async () => {
    const documentId = await share();
    const reader = await PlainEditor.open(await world.connect(bob), documentId);
    const crashed = await PlainEditor.open(await world.connect(ada), documentId, { instance: 'tab' });
    await crashed.type('saved ');
    const outbox = [1, 2].map((n) => crashed.prepare((text) => text.insert(text.length, `unsaved ${n} `)));
    crashed.client.websocket.terminate();
    await world.roomHas(documentId, 1);
    const later = await PlainEditor.open(await world.connect(ada), documentId, { instance: 'next tab' });
    for (const update of outbox) await accepted(later.client.ask('document:update', { documentId, update }));
    for (const update of outbox) later.apply(update);
    await later.type('and more');
    await reader.shows('saved unsaved 1 unsaved 2 and more');
    expect(await storedFingerprint(world.sql, documentId)).toEqual(reader.fingerprint);
    const thief = await refusedWith(
      reader.client.ask('document:update', {
        documentId,
        update: craftUpdate([{ client: crashed.doc.clientID, clock: 999, structs: [string('x')] }]),
      }),
    );
    expect(thief.code).toBe('not_your_client_id');
  });
});
