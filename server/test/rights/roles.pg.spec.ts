import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { Role } from '@tandem/protocol';
import * as Y from 'yjs';
import { craftUpdate, string } from '../support/craft-update.js';
import { accepted, refusedWith } from '../support/plain-client.js';
import { PlainEditor } from '../support/plain-editor.js';
import { type Person, SyncWorld } from '../support/sync-world.js';

let world: SyncWorld;
let ada: Person;
let bob: Person;
let eve: Person;

beforeAll(async () => {
  world = await SyncWorld.start();
  [ada, bob, eve] = await Promise.all([world.person('Ada'), world.person('Bob'), world.person('Eve')]);
});
afterEach(() => world?.hangUp());
afterAll(() => world?.stop());

describe('what a role may do', () => {
  it.each<Role>(['viewer', 'commenter'])(
    'DOC-18 A44: an edit of a %s is forbidden and reaches nobody',
    async (role) => {
      const { documentId } = await world.share(ada, [[bob, role]], { text: 'text' });
      const owner = await PlainEditor.open(await world.connect(ada), documentId);
      const reader = await PlainEditor.open(await world.connect(bob), documentId);
      expect(reader.opened.role).toBe(role);
      const insert = reader.prepare((text) => text.insert(0, 'forbidden '));
      const removal = reader.prepare((text) => text.delete(0, 4));
      for (const update of [insert, removal, Y.encodeStateAsUpdate(reader.doc)]) {
        for (const more of [{}, { resync: true }]) {
          const refusal = await refusedWith(reader.client.ask('document:update', { documentId, update, ...more }));
          expect(refusal).toMatchObject({ code: 'forbidden', retry: 'never' });
        }
      }
      expect(await world.count('document_updates', documentId)).toBe(1);
      await owner.type('!');
      expect([owner.text, owner.frames]).toEqual(['text!', []]);
      const fresh = await PlainEditor.open(await world.connect(bob), documentId);
      await fresh.shows('text!');
    },
  );

  it('DOC-6 PRJ-1 A43: a stranger is told the same of what exists and of what does not', async () => {
    const { documentId, projectId } = await world.share(ada, [], { text: 'secret' });
    const deleted = await world.addDocument(ada, projectId);
    await world.rest(ada, 'DELETE', `/documents/${deleted}`);
    const client = await world.connect(eve);
    const answers = await Promise.all([
      ...[documentId, deleted, randomUUID()].map((id) => client.ask('document:open', { documentId: id })),
      ...[projectId, randomUUID()].map((id) => client.ask('project:open', { projectId: id })),
    ]);
    expect(answers).toEqual(
      answers.map(() => ({ ok: false, error: { code: 'not_found', message: 'Not found', retry: 'never' } })),
    );
    const update = craftUpdate([{ client: 5, structs: [string('x')] }]);
    expect((await refusedWith(client.ask('document:update', { documentId, update }))).code).toBe('not_open');
    expect((await refusedWith(client.ask('awareness:update', { documentId, update }))).code).toBe('not_open');
    expect(await world.count('document_updates', documentId)).toBe(1);
    expect(await world.count('document_clients', documentId)).toBe(1);
  });

  it('PRJ-1 A44: a stranger who asks for a project again and again hears nothing of it', async () => {
    const { projectId } = await world.share(ada);
    const client = await world.connect(eve);
    let goesOn = true;
    const asking = (async () => {
      // Fewer than a connection may ask at once.
      for (let round = 0; goesOn && round < 25; round++) {
        await Promise.all(Array.from({ length: 20 }, () => client.ask('project:open', { projectId })));
      }
    })();
    for (let i = 0; i < 15; i++) await world.addDocument(ada, projectId);
    goesOn = false;
    await asking;
    expect(client.told('project:event')).toEqual([]);
  });
});

it('PRJ-2: every change of the documents, members and name of an open project is told once', async () => {
  const { projectId, documentId } = await world.share(ada);
  const client = await world.connect(ada);
  await accepted(client.ask('project:open', { projectId }));
  await world.rest(ada, 'PATCH', `/documents/${documentId}`, { path: 'src/moved.ts' });
  const created = await world.addDocument(ada, projectId, { path: 'src/new.ts' });
  await world.rest(ada, 'POST', `/projects/${projectId}/members`, { email: bob.email, role: 'viewer' });
  await world.rest(ada, 'PATCH', `/projects/${projectId}/members/${bob.user.id}`, { role: 'editor' });
  await world.rest(ada, 'DELETE', `/projects/${projectId}/members/${bob.user.id}`);
  await world.rest(ada, 'PATCH', `/projects/${projectId}`, { name: 'Gemini' });
  await world.rest(ada, 'DELETE', `/documents/${created}`);
  await world.rest(ada, 'DELETE', `/projects/${projectId}`);
  await client.hears('project:event', ({ type }) => type === 'project.deleted');
  const member = { userId: bob.user.id, displayName: 'Bob' };
  expect(client.told('project:event')).toEqual([
    { projectId, type: 'document.moved', document: { id: documentId, path: 'src/moved.ts', kind: 'text' } },
    { projectId, type: 'document.created', document: { id: created, path: 'src/new.ts', kind: 'text' } },
    { projectId, type: 'member.added', member: { ...member, role: 'viewer' } },
    { projectId, type: 'member.changed', member: { ...member, role: 'editor' } },
    { projectId, type: 'member.removed', userId: bob.user.id },
    { projectId, type: 'project.changed', name: 'Gemini' },
    { projectId, type: 'document.deleted', documentId: created },
    { projectId, type: 'project.deleted' },
  ]);
});
