import { afterAll, afterEach, beforeAll, expect, it } from '@jest/globals';
import { type DocumentProvider, MemoryOutbox, type Replaced, TandemClient } from '@tandem/protocol/client';
import { eventually } from '../../src/testing/eventually.js';
import { PlainEditor } from '../support/plain-editor.js';
import { storedFingerprint } from '../support/stored-updates.js';
import { type Person, SyncWorld } from '../support/sync-world.js';

let world: SyncWorld;
let ada: Person;
let bob: Person;
const clients: TandemClient[] = [];

beforeAll(async () => {
  world = await SyncWorld.start({ limits: { maxDocumentBytes: 100_000 } });
  [ada, bob] = await Promise.all([world.person('Ada'), world.person('Bob')]);
});
afterEach(async () => {
  await Promise.all(clients.splice(0).map((client) => client.close()));
  await world?.hangUp();
});
afterAll(() => world?.stop());

async function provide(person: Person, documentId: string, outbox = new MemoryOutbox()) {
  const client = new TandemClient({ url: world.server.url, token: person.accessToken, outbox });
  clients.push(client);
  await client.connect();
  const provider = client.openDocument(documentId);
  await provider.whenSynced();
  const replaced: Replaced[] = [];
  provider.on('replaced', (event) => replaced.push(event));
  return { client, provider, replaced };
}

type Attempt = readonly [what: string, code: string, attempt: (provider: DocumentProvider) => void];

const ATTEMPTS: Attempt[] = [
  ['a format', 'schema_violation', ({ text }) => text.format(0, 4, { bold: true })],
  ['an embed', 'schema_violation', ({ text }) => text.insertEmbed(0, { image: 'x' })],
  ['a map in the document', 'schema_violation', ({ doc }) => doc.getMap('settings').set('theme', 'dark')],
  ['a paste that fills the document', 'doc_full', ({ text }) => text.insert(0, 'x'.repeat(150_000))],
];

it.each(ATTEMPTS)(
  'DOC-17 V4: after %s (%s) the text is kept for its user, and the editor goes on under a new client id',
  async (_what, code, attempt) => {
    const { documentId } = await world.share(ada, [[bob, 'editor']], { text: 'text ' });
    const other = await PlainEditor.open(await world.connect(bob), documentId);
    const { provider, replaced } = await provide(ada, documentId);
    provider.text.insert(5, 'saved ');
    await provider.whenSaved();
    const before = await world.count('document_updates', documentId);
    const { clientID } = provider.doc;
    attempt(provider);
    // Typed before the refusal is known: it builds on what is refused.
    provider.text.insert(provider.text.length, 'in vain');
    const typed = provider.text.toString();
    await expect(provider.whenSaved()).rejects.toMatchObject({ code, retry: 'never' });
    await eventually('the document is replaced', () => replaced.length === 1);
    expect(replaced[0]).toMatchObject({ reason: code, keptText: typed });
    expect(provider.kept.map(({ text, reason }) => [text, reason])).toEqual([[typed, code]]);
    await provider.whenSynced();
    expect(provider.doc.clientID).not.toBe(clientID);
    expect(provider.text.toString()).toBe('text saved ');
    expect(await world.count('document_updates', documentId)).toBe(before);

    provider.text.insert(provider.text.length, 'and on');
    await provider.whenSaved();
    await other.shows('text saved and on');
    await other.type('!');
    await eventually('edits of others arrive', () => provider.text.toString() === 'text saved and on!');
    expect(await storedFingerprint(world.sql, documentId)).toEqual(other.fingerprint);
  },
);

it('DOC-18 DOC-20 F31: a role that is taken away and given back: nothing of what was typed is lost', async () => {
  const { documentId, projectId } = await world.share(ada, [[bob, 'editor']], { text: 'text ' });
  const { provider, replaced } = await provide(bob, documentId);
  const member = `/projects/${projectId}/members/${bob.user.id}`;
  await world.rest(ada, 'PATCH', member, { role: 'viewer' });
  await eventually('the role arrives', () => provider.role === 'viewer');
  provider.text.insert(provider.text.length, 'typed as a viewer');
  const other = await PlainEditor.open(await world.connect(ada), documentId);
  await other.type('+');
  expect([provider.saved, provider.canEdit]).toEqual([false, false]);
  expect(await world.count('document_updates', documentId)).toBe(2);
  await world.rest(ada, 'PATCH', member, { role: 'editor' });
  await provider.whenSaved();
  await other.shows((text) => text.includes('typed as a viewer'));
  expect(replaced).toEqual([]);
  expect(await storedFingerprint(world.sql, documentId)).toEqual(other.fingerprint);
});

it('DOC-39 V5: a reset reaches open editors, their text is kept, and they go on in the new life of the document', async () => {
  const { documentId } = await world.share(ada, [[bob, 'editor']], { text: 'old' });
  const plain = await PlainEditor.open(await world.connect(bob), documentId);
  const { provider, replaced } = await provide(ada, documentId);
  await world.sql.query('UPDATE documents SET epoch = epoch + 1 WHERE id = $1', [documentId]);
  provider.text.insert(0, 'my ');
  await eventually('the document is replaced', () => replaced.length === 1);
  expect(replaced[0]).toMatchObject({ reason: 'epoch_mismatch', keptText: 'my old' });
  expect(await plain.client.hears('document:reset')).toEqual({ documentId, epoch: 2 });
  await provider.whenSynced();
  expect(provider.epoch).toBe(2);
  provider.text.insert(0, 'new ');
  await provider.whenSaved();
  const answer = await plain.client.ask('document:update', { documentId, update: new Uint8Array([0, 0]) });
  expect(answer).toMatchObject({ ok: false, error: { code: 'epoch_mismatch', details: { epoch: 2 } } });
  const stale = await plain.client.ask('document:open', { documentId, epoch: 1, seq: 1 });
  expect(stale).toMatchObject({ ok: false, error: { code: 'epoch_mismatch', details: { epoch: 2 } } });
});
