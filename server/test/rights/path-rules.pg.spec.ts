import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { PathRuleList, pathRulesBody } from '@tandem/protocol/http';
import type { z } from 'zod';
import { hammer } from '../cluster/support/hammer.js';
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

type Rules = z.input<typeof pathRulesBody>['rules'];

function setRules(
  projectId: string,
  rules: Rules,
  more: { version?: number; by?: Person } = {},
): Promise<PathRuleList> {
  const { by = ada, ...body } = more;
  return world.rest(by, 'PUT', `/projects/${projectId}/path-rules`, { rules, ...body }) as Promise<PathRuleList>;
}

/** Bob may write only under docs/. */
const onlyDocs = (): Rules => [
  { path: '**', access: 'read', userId: bob.user.id },
  { path: 'docs/', access: 'write', userId: bob.user.id },
];

async function place(rules: Rules = onlyDocs()) {
  const { projectId, documentId } = await world.share(ada, [
    [bob, 'editor'],
    [eve, 'editor'],
  ]);
  const [source, docs] = [
    documentId,
    await world.addDocument(ada, projectId, { path: 'docs/guide.md', text: 'guide' }),
  ];
  await setRules(projectId, rules);
  return { projectId, source, docs };
}

const open = async (person: Person, documentId: string) => PlainEditor.open(await world.connect(person), documentId);

describe('A44: an editor who may write only under docs/', () => {
  it('types there, and nowhere else; others everywhere', async () => {
    const { source, docs } = await place();
    const inDocs = await open(bob, docs);
    expect(inDocs.opened.role).toBe('editor');
    await inDocs.type('!');
    const inSource = await open(bob, source);
    expect(inSource.opened.role).toBe('commenter');
    await expect(inSource.type('x')).rejects.toThrow('forbidden');
    const other = await open(eve, source);
    expect(other.opened.role).toBe('editor');
    await other.type('mine');
    await inSource.shows((text) => text.includes('mine'));
    expect(await world.count('document_updates', source)).toBe(1);
  });

  it('makes, moves and deletes files there, and nowhere else', async () => {
    const { projectId, source, docs } = await place();
    const make = (path: string) => world.rest(bob, 'POST', `/projects/${projectId}/documents`, { path });
    const move = (id: string, path: string) => world.rest(bob, 'PATCH', `/documents/${id}`, { path });
    const { id } = (await make('docs/new.md')) as { id: string };
    await expect(make('src/new.ts')).rejects.toMatchObject({ code: 'forbidden' });
    await move(id, 'docs/deep/new.md');
    // Neither out of there nor into it.
    await expect(move(docs, 'src/guide.md')).rejects.toMatchObject({ code: 'forbidden' });
    await expect(move(source, 'docs/source.ts')).rejects.toMatchObject({ code: 'forbidden' });
    await world.rest(bob, 'DELETE', `/documents/${id}`);
    await expect(world.rest(bob, 'DELETE', `/documents/${source}`)).rejects.toMatchObject({ code: 'forbidden' });
  });

  it('restores, names versions and asks for completions there, and nowhere else', async () => {
    const { source, docs } = await place();
    const acts = async (documentId: string) => {
      const editor = await open(bob, documentId);
      const { stateVector } = editor.opened;
      const told = (answer: Promise<unknown>) =>
        answer.then(
          () => 'ok',
          (error: Error) => (/forbidden|does not allow/.test(error.message) ? 'forbidden' : error.message),
        );
      return Promise.all([
        told(world.rest(bob, 'POST', `/documents/${documentId}/versions`, { name: 'First' })),
        told(world.rest(bob, 'POST', `/documents/${documentId}/restore`, { seq: 0 })),
        told(accepted(editor.client.ask('completion:start', { documentId, offset: 0, stateVector }))),
        told(accepted(editor.client.ask('analysis:start', { documentId }))),
      ]);
    };
    expect(await acts(docs)).toEqual(['ok', 'ok', 'ok', 'ok']);
    expect(await acts(source)).toEqual(['forbidden', 'forbidden', 'forbidden', 'forbidden']);
  });
});

describe('a rule while documents are open', () => {
  it('D8: it is told within a second, nothing commits behind it, and it ends as it began', async () => {
    const { projectId, source } = await place([]);
    const editor = await open(bob, source);
    const typing = hammer(editor);
    await typing.some();
    await setRules(projectId, onlyDocs());
    const stored = await world.count('document_updates', source);
    expect(await editor.client.hears('document:role', undefined, 1000)).toEqual({
      documentId: source,
      role: 'commenter',
    });
    expect(new Set(await typing.stop())).toEqual(new Set(['ok', 'forbidden']));
    expect(await world.count('document_updates', source)).toBe(stored);
    await setRules(projectId, []);
    await editor.client.hears('document:role', ({ role }) => role === 'editor', 1000);
    const late = await open(bob, source);
    await late.type('again');
  });

  it('D8: who only reads is told as well, and a file that is moved takes on the rules of where it is', async () => {
    const { projectId, source, docs } = await place([]);
    const [here, there] = [await open(bob, source), await open(bob, docs)];
    await setRules(projectId, onlyDocs());
    await here.client.hears('document:role', ({ role }) => role === 'commenter', 1000);
    expect(there.client.told('document:role')).toEqual([]);
    await world.rest(ada, 'PATCH', `/documents/${source}`, { path: 'docs/moved.ts' });
    await here.client.hears('document:role', ({ role }) => role === 'editor', 1000);
    await here.type('mine now');
    await world.rest(ada, 'PATCH', `/documents/${docs}`, { path: 'src/guide.md' });
    await there.client.hears('document:role', ({ role }) => role === 'commenter', 1000);
    await expect(there.type('x')).rejects.toThrow('forbidden');
  });

  it('D8: a viewer who is made an editor is one only where the rules let editors write', async () => {
    const { projectId, source, docs } = await place([{ path: 'src/', access: 'read' }]);
    await world.rest(ada, 'PATCH', `/projects/${projectId}/members/${bob.user.id}`, { role: 'viewer' });
    const [here, there] = [await open(bob, source), await open(bob, docs)];
    await world.rest(ada, 'PATCH', `/projects/${projectId}/members/${bob.user.id}`, { role: 'editor' });
    await there.client.hears('document:role', ({ role }) => role === 'editor', 1000);
    await here.client.hears('document:role', ({ role }) => role === 'commenter', 1000);
    expect(here.client.told('document:role').map(({ role }) => role)).toEqual(['commenter']);
    await expect(here.type('x')).rejects.toThrow('forbidden');
  });
});

describe('the list of rules', () => {
  it('is read by every member, changed by maintainers, and written to the audit log', async () => {
    const { projectId } = await place([]);
    const rules: Rules = [{ path: 'infra/', access: 'read' }];
    await expect(setRules(projectId, rules, { by: bob })).rejects.toMatchObject({ code: 'forbidden' });
    const set = await setRules(projectId, rules);
    expect(set.rules).toEqual([{ path: 'infra/', access: 'read', userId: null }]);
    expect(await world.rest(bob, 'GET', `/projects/${projectId}/path-rules`)).toEqual(set);
    expect(await setRules(projectId, rules)).toEqual(set);
    const { events } = (await world.rest(ada, 'GET', `/projects/${projectId}/audit`)) as {
      events: { action: string; actor: { userId: string }; details: object }[];
    };
    const changes = events.filter(({ action }) => action === 'rules.changed');
    expect(changes).toMatchObject([{ actor: { userId: ada.user.id }, details: { rules: 1, version: set.version } }]);
  });

  it('what somebody else changed meanwhile is not written over', async () => {
    const { projectId } = await place([]);
    const { version } = await setRules(projectId, [{ path: 'a/', access: 'read' }]);
    const mine = await setRules(projectId, [{ path: 'b/', access: 'read' }], { version });
    const late = setRules(projectId, [{ path: 'c/', access: 'read' }], { version });
    await expect(late).rejects.toMatchObject({ code: 'outdated' });
    expect(await world.rest(ada, 'GET', `/projects/${projectId}/path-rules`)).toEqual(mine);
  });

  it('maintainers are past them', async () => {
    const { projectId, source } = await place([{ path: '**', access: 'read' }]);
    const refused = await open(eve, source);
    const { documentId } = refused;
    const update = refused.prepare((text) => text.insert(0, 'x'));
    expect((await refusedWith(refused.client.ask('document:update', { documentId, update }))).code).toBe('forbidden');
    await world.rest(ada, 'PATCH', `/projects/${projectId}/members/${eve.user.id}`, { role: 'maintainer' });
    const editor = await open(eve, source);
    expect(editor.opened.role).toBe('maintainer');
    await editor.type('x');
  });
});
