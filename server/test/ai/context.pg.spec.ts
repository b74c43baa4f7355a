import { randomBytes } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { documentList } from '@tandem/protocol/http';
import { AiRequests } from '../../src/core/ai/ai-requests.js';
import { eventually } from '../../src/testing/eventually.js';
import { createTestDatabase, type TestDatabase } from '../../src/testing/postgres.js';
import { accepted } from '../support/plain-client.js';
import { PlainEditor } from '../support/plain-editor.js';
import type { Person } from '../support/sync-world.js';
import { FaultWorld } from './faults/support/fault-world.js';
import { inProcessWorker } from './faults/support/in-process-worker.js';
import { ask, isDone, MODEL } from './support/ai-world.js';

const MODELS = { api: 'chat', reviewModel: 'reviewer' } as const;

/** Text that is nowhere else. */
const canary = (name: string) => `${name}${randomBytes(6).toString('hex')}`;

/** A file that has much in common with the one that is completed, so that it is wanted for the prompt. */
const like = (word: string) =>
  `export function total(orders) {\n  let sum = 0; // ${word}\n  for (const order of orders) sum += order.price;\n  return sum;\n}\n`;

/** What may stand in a prompt, and what must not. */
class Canaries {
  readonly allowed = new Map<string, string>();
  readonly kept = new Map<string, string>();

  allow(name: string): string {
    return remember(this.allowed, name);
  }

  keep(name: string): string {
    return remember(this.kept, name);
  }
}

function remember(map: Map<string, string>, name: string): string {
  const word = canary(name.replaceAll(/\W/g, ''));
  map.set(name, word);
  return word;
}

/** The names of those that the model has seen. */
function seen(world: FaultWorld, words: ReadonlyMap<string, string>): string[] {
  const bodies = world.model.requests.map(({ body }) => JSON.stringify(body)).join('\n');
  return [...words].filter(([, word]) => bodies.includes(word)).map(([name]) => name);
}

interface Filled {
  readonly canaries: Canaries;
  readonly ada: Person;
  readonly projectId: string;
  readonly editor: PlainEditor;
  readonly at: number;
}

/** Files that may be told of and files that may not, in a project of Ada's, one more of hers, and one of Bob's. */
async function fill(world: FaultWorld): Promise<Filled> {
  const { sync } = world;
  const canaries = new Canaries();
  const [ada, bob] = [await sync.person('Ada'), await sync.person('Bob')];
  const password = canaries.keep('password');
  const [before, after] = [canaries.keep('first half of a password'), canaries.keep('second half of a password')];
  const line = '  let sum = ';
  const text = `const password = "${password}";\nconst token = "${before}${after}";\n// ${canaries.allow('own')}\n${like('own').replace('  let sum = 0;', line)}`;
  const { projectId, documentId } = await sync.share(ada, [], { text });
  const add = async (path: string, word: string) => sync.addDocument(ada, projectId, { path, text: like(word) });
  await add('docs/pinned.ts', canaries.allow('pinned'));
  const open = [await add('src/open.ts', canaries.allow('open'))];
  for (const path of ['.env', 'deploy/id_rsa', 'private/plan.ts', 'src/plan.hidden.ts']) {
    open.push(await add(path, canaries.keep(path)));
  }
  const deleted = await add('src/deleted.ts', canaries.keep('deleted'));
  open.push(deleted);
  const instructions = canaries.allow('instructions');
  await sync.rest(ada, 'PATCH', `/projects/${projectId}`, {
    aiContext: {
      instructions,
      pinnedPaths: ['docs/', 'deploy/', 'private/', '.env', '*.hidden.ts', 'src/deleted.ts'],
      excludedPaths: ['private/', '*.hidden.ts'],
    },
  });
  const client = await sync.connect(ada);
  for (const owner of [ada, bob]) {
    const word = canaries.keep(owner === ada ? 'another project of hers' : 'a project of others');
    const other = await sync.share(owner, owner === bob ? [[ada, 'editor']] : [], { text: like(word) });
    await sync.addDocument(owner, other.projectId, { path: 'docs/pinned.ts', text: like(word) });
    await PlainEditor.open(client, other.documentId);
  }
  for (const id of open) await PlainEditor.open(client, id);
  await sync.rest(ada, 'DELETE', `/documents/${deleted}`);
  const editor = await PlainEditor.open(client, documentId);
  return { canaries, ada, projectId, editor, at: text.indexOf(line) + line.length };
}

describe.each(['completions', 'chat'] as const)('what a model is told, by the API of %s', (api) => {
  let world: FaultWorld;
  beforeAll(async () => {
    world = await FaultWorld.start({ languageModel: { api } });
  });
  afterEach(async () => {
    await world.sync.hangUp();
    world.model.requests.length = 0;
    world.model.onRequest = () => ({});
  });
  afterAll(() => world?.stop());

  it('A51 CMP-14: open and pinned files of the project, and nothing that is secret, excluded, deleted or elsewhere', async () => {
    const { canaries, editor, at } = await fill(world);
    const expected = [...canaries.allowed.keys()].filter((name) => name !== 'instructions' || api === 'chat');
    // A file that takes its time is left out: it is there for a later request.
    await eventually('all that may be told was told', async () => {
      await isDone(editor.client, await ask(editor, { at }));
      return seen(world, canaries.allowed).length === expected.length;
    });
    expect(seen(world, canaries.allowed).sort()).toEqual(expected.sort());
    expect(seen(world, canaries.kept)).toEqual([]);
  });

  it('CMP-14: neither half of a secret is told when the caret stands in it', async () => {
    const { canaries, editor } = await fill(world);
    const at = editor.text.indexOf(canaries.kept.get('second half of a password')!);
    await isDone(editor.client, await ask(editor, { at }));
    expect(world.model.requests).toHaveLength(1);
    expect(seen(world, canaries.kept)).toEqual([]);
  });

  it('CMP-13 CMP-14: a file of which nothing may be told is not completed', async () => {
    const { ada, projectId } = await fill(world);
    world.model.requests.length = 0;
    for (const path of ['.env.local', 'private/other.ts']) {
      const documentId = await world.sync.addDocument(ada, projectId, { path, text: 'const a = ' });
      const editor = await world.open(ada, documentId);
      const id = await ask(editor);
      expect(await isDone(editor.client, id)).toMatchObject({ outcome: 'failed' });
      expect(editor.client.told('ai:unavailable')).toEqual([
        expect.objectContaining({ completionId: id, reason: 'forbidden' }),
      ]);
    }
    expect(world.model.requests).toEqual([]);
  });
});

describe('what a reviewing model is told', () => {
  let world: FaultWorld;
  beforeAll(async () => {
    world = await FaultWorld.start({ languageModel: { reviewModel: 'reviewer' } });
    world.model.onRequest = () => ({ tokens: ['{"findings":[]}'] });
  });
  afterEach(async () => {
    await world.sync.hangUp();
    world.model.requests.length = 0;
  });
  afterAll(() => world?.stop());

  it.each(['project', 'document'])('CMP-14: of the files of a %s what a completion may tell, too', async (of) => {
    const { canaries, editor, projectId, ada } = await fill(world);
    const { client } = editor;
    const listed = await world.sync.rest(ada, 'GET', `/projects/${projectId}/documents`);
    const { documents } = documentList.parse(listed);
    await accepted(client.ask('project:open', { projectId }));
    for (const target of of === 'project' ? [{ projectId }] : documents.map(({ id }) => ({ documentId: id }))) {
      const { runId } = await accepted(client.ask('analysis:start', target));
      await client.hears('analysis:progress', (told) => told.runId === runId && told.state !== 'running', 20_000);
    }
    expect(seen(world, canaries.allowed)).toEqual(expect.arrayContaining(['own', 'open', 'pinned']));
    expect(seen(world, canaries.kept)).toEqual([]);
  });
});

describe('CMP-14: what is asked for and then taken away', () => {
  let database: TestDatabase;
  let world: FaultWorld;
  beforeAll(async () => {
    database = await createTestDatabase();
    world = await FaultWorld.start({
      settings: { databaseUrl: database.url },
      languageModel: MODELS,
      worker: 'none',
    });
  });
  afterAll(async () => {
    await world?.stop();
    await database?.drop();
  });

  it.each<[string, (world: FaultWorld, owner: Person, asker: Person, projectId: string) => Promise<unknown>]>([
    [
      'of who was removed from the project',
      ({ sync }, owner, asker, projectId) =>
        sync.rest(owner, 'DELETE', `/projects/${projectId}/members/${asker.user.id}`),
    ],
    [
      'of who may only look now',
      ({ sync }, owner, asker, projectId) =>
        sync.rest(owner, 'PATCH', `/projects/${projectId}/members/${asker.user.id}`, { role: 'viewer' }),
    ],
  ])('nothing is told for requests %s before a worker came', async (_, takeAway) => {
    const { sync, model } = world;
    model.requests.length = 0;
    const [owner, asker] = [await sync.person('Ada'), await sync.person('Bob')];
    const { documentId, projectId } = await sync.share(owner, [[asker, 'editor']], { text: 'const total = ' });
    const editor = await world.open(asker, documentId);
    const id = await ask(editor);
    const { runId } = await accepted(editor.client.ask('analysis:start', { documentId }));
    await takeAway(world, owner, asker, projectId);
    // Who still may is answered by the same worker.
    const own = await world.open(owner, documentId);
    const allowed = await ask(own);
    const worker = await inProcessWorker(world, database.url, MODELS);
    try {
      expect(await isDone(own.client, allowed)).toMatchObject({ outcome: 'complete' });
      const requests = sync.server.app.get(AiRequests, { strict: false });
      await eventually('the request is at its end', async () => (await requests.get(id))?.state === 'failed');
      await eventually('the run is at its end', async () => {
        const { rows } = await sync.sql.query('SELECT state FROM ai_requests WHERE id = $1', [runId]);
        return ['failed', 'complete', 'cancelled'].includes((rows as { state: string }[])[0]!.state);
      });
      expect(model.requests.map(({ body }) => body.model)).toEqual([MODEL]);
    } finally {
      await worker.close();
    }
  });
});
