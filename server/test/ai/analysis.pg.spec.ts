import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { Diagnostic, EventOf } from '@tandem/protocol';
import * as Y from 'yjs';
import { AiRequests } from '../../src/core/ai/ai-requests.js';
import { eventually } from '../../src/testing/eventually.js';
import { accepted, type PlainClient, refusedWith } from '../support/plain-client.js';
import { PlainEditor } from '../support/plain-editor.js';
import { type Person, SyncWorld } from '../support/sync-world.js';

type Result = EventOf<'analysis:result'>;

/** The newest result of a source that fits. */
async function result(client: PlainClient, documentId: string, source: string, fits: (result: Result) => boolean) {
  const newest = () =>
    client
      .told('analysis:result')
      .filter((told) => told.documentId === documentId && told.source === source)
      .at(-1);
  await eventually(`${source} says something that fits`, () => newest() !== undefined && fits(newest()!), 20_000);
  return newest()!;
}

function covered(doc: Y.Doc, { anchor }: Diagnostic): string {
  const [start, end] = [anchor.start, anchor.end].map(
    (base64) =>
      Y.createAbsolutePositionFromRelativePosition(Y.decodeRelativePosition(Buffer.from(base64, 'base64')), doc)!.index,
  );
  return doc.getText('content').toString().slice(start, end);
}

const codes = ({ diagnostics }: Result) => diagnostics.map(({ code }) => code);

describe('analysis', () => {
  let world: SyncWorld;
  let ada: Person;
  beforeAll(async () => {
    world = await SyncWorld.start({ ai: { worker: 'inline', analysis: 'edits' } });
    ada = await world.person('Ada');
  });
  afterEach(() => world.hangUp());
  afterAll(() => world?.stop());

  const open = async (person: Person, documentId: string) => PlainEditor.open(await world.connect(person), documentId);

  it('ANA-1 ANA-3: after edits, everybody sees the same diagnostic under the same words, past emoji and combining marks', async () => {
    const bob = await world.person('Bob');
    const { documentId, projectId } = await world.share(ada, [[bob, 'viewer']]);
    const [editor, other] = [await open(ada, documentId), await open(bob, documentId)];
    const outside = await world.connect(bob);
    await accepted(outside.ask('project:open', { projectId }));
    await editor.type("const s = '🙂e\u0301'; debugger;\n");
    const results = await Promise.all(
      [editor.client, other.client, outside].map((client) =>
        result(client, documentId, 'oxlint', ({ diagnostics }) => diagnostics.length > 0),
      ),
    );
    expect(results[1]).toEqual(results[0]);
    expect(results[2]).toEqual(results[0]);
    const found = results[0]!.diagnostics.find(({ message }) => /debugger/i.test(message))!;
    expect(found.range).toEqual({ start: { line: 0, character: 18 }, end: { line: 0, character: 27 } });
    expect(results[0]!.seq).toBe(1);
    expect(Y.decodeStateVector(results[0]!.stateVector)).toEqual(Y.decodeStateVector(Y.encodeStateVector(editor.doc)));
    await other.shows((text) => text.includes('debugger'));
    expect(covered(other.doc, found)).toBe('debugger;');
    await editor.type('// above\n', 0);
    await other.shows((text) => text.startsWith('// above'));
    expect(covered(other.doc, found)).toBe('debugger;');
  });

  it('each language has its linter, and a finding goes when its cause does', async () => {
    const { projectId } = await world.share(ada);
    const files = {
      'a.py': ['import os\n', 'ruff'],
      'b.json': ['{"a": 1, "a": 2}\n', 'biome'],
      'c.css': ['a { color: red; color: red; colr: red }\n', 'biome'],
      'd.ts': ['if (x = 1) debugger;\n', 'oxlint'],
    } as const;
    for (const [path, [text, source]] of Object.entries(files)) {
      const documentId = await world.addDocument(ada, projectId, { path });
      const editor = await open(ada, documentId);
      await editor.type(text);
      const told = await result(editor.client, documentId, source, ({ diagnostics }) => diagnostics.length > 0);
      for (const diagnostic of told.diagnostics) expect(text).toContain(covered(editor.doc, diagnostic));
      editor.doc.getText('content').delete(0, text.length);
      await editor.saved();
      await editor.type(path.endsWith('json') ? '{}\n' : '\n');
      await result(editor.client, documentId, source, ({ diagnostics }) => diagnostics.length === 0);
    }
  });

  it('ANA-2 ANA-4: a whole project is looked at with progress; who comes later is shown what was found', async () => {
    const { projectId, documentId } = await world.share(ada, [], { text: 'debugger;\n' });
    const second = await world.addDocument(ada, projectId, { text: 'import os\n', path: 'lib/late.py' });
    const client = await world.connect(ada);
    await accepted(client.ask('project:open', { projectId }));
    const { runId } = await accepted(client.ask('analysis:start', { projectId }));
    await client.hears('analysis:progress', (told) => told.runId === runId && told.state === 'complete', 20_000);
    const progress = client.told('analysis:progress').filter((told) => told.runId === runId);
    expect(progress.map(({ done, total, state }) => [done, total, state])).toEqual([
      [0, 2, 'running'],
      [1, 2, 'running'],
      [2, 2, 'complete'],
    ]);
    await result(client, documentId, 'oxlint', ({ diagnostics }) => diagnostics.length > 0);
    const late = await world.connect(ada);
    await accepted(late.ask('project:open', { projectId }));
    await result(late, second, 'ruff', ({ diagnostics }) => diagnostics.length > 0);
    const editor = await open(ada, documentId);
    await result(editor.client, documentId, 'oxlint', ({ diagnostics }) => diagnostics.length > 0);
  });

  it('a document that nobody looked at before is looked at when it is opened', async () => {
    const { documentId } = await world.share(ada, [], { text: 'debugger;\n' });
    const editor = await open(ada, documentId);
    await result(editor.client, documentId, 'oxlint', ({ diagnostics }) => diagnostics.length > 0);
  });

  it('ANA-2: refuses strangers, viewers, and what is not one of the two', async () => {
    const [eve, vera] = [await world.person('Eve'), await world.person('Vera')];
    const { projectId, documentId } = await world.share(ada, [[vera, 'viewer']]);
    const code = async (person: Person, body: object) =>
      (await refusedWith((await world.connect(person)).askRaw('analysis:start', body))).code;
    expect(await code(eve, { projectId })).toBe('not_found');
    expect(await code(eve, { documentId })).toBe('not_found');
    expect(await code(vera, { documentId })).toBe('forbidden');
    expect(await code(ada, {})).toBe('bad_request');
    expect(await code(ada, { documentId, projectId })).toBe('bad_request');
  });

  it('ANA-5: the project switches rules off, and on again', async () => {
    const { projectId, documentId } = await world.share(ada, [], { text: 'debugger;\nif (x = 1) {}\n' });
    const client = await world.connect(ada);
    await accepted(client.ask('project:open', { projectId }));
    const run = async (analysisRules: Record<string, boolean>) => {
      await world.rest(ada, 'PATCH', `/projects/${projectId}`, { configuration: { analysisRules } });
      const { runId } = await accepted(client.ask('analysis:start', { documentId }));
      return result(client, documentId, 'oxlint', (told) => told.runId === runId);
    };
    const all = codes(await run({}));
    const one = all.find((code) => /debugger/.test(code ?? ''))!;
    expect(all.length).toBeGreaterThan(1);
    expect(codes(await run({ [one]: false }))).toEqual(all.filter((code) => code !== one));
    expect(codes(await run({ oxlint: false }))).toEqual([]);
    expect(codes(await run({}))).toEqual(all);
  });

  it('ANA-5: switching a rule has what is open looked at again', async () => {
    const { projectId, documentId } = await world.share(ada, [], { text: 'debugger;\n' });
    const editor = await open(ada, documentId);
    const [{ code }] = (await result(editor.client, documentId, 'oxlint', (told) => told.diagnostics.length > 0))
      .diagnostics as [Diagnostic];
    const configuration = { analysisRules: { [code!]: false } };
    await world.rest(ada, 'PATCH', `/projects/${projectId}`, { configuration });
    await result(editor.client, documentId, 'oxlint', ({ diagnostics }) => diagnostics.length === 0);
  });

  it('ANA-6: a newer run over the project ends the older one', async () => {
    const { projectId } = await world.share(ada, [], { text: 'debugger;\n' });
    for (let n = 0; n < 12; n++) {
      await world.addDocument(ada, projectId, { text: `var a${n} = 1;\n`.repeat(50), path: `many/${n}.ts` });
    }
    const client = await world.connect(ada);
    await accepted(client.ask('project:open', { projectId }));
    const first = await accepted(client.ask('analysis:start', { projectId }));
    await client.hears('analysis:progress', ({ runId }) => runId === first.runId);
    const second = await accepted(client.ask('analysis:start', { projectId }));
    await client.hears(
      'analysis:progress',
      ({ runId, state }) => runId === first.runId && state === 'cancelled',
      20_000,
    );
    await client.hears(
      'analysis:progress',
      ({ runId, state }) => runId === second.runId && state === 'complete',
      20_000,
    );
  });

  it('ANA-2 ANA-6: several at once: each run ends for who looks at the project, and once', async () => {
    const [bob, cy] = [await world.person('Bob'), await world.person('Cy')];
    const { projectId } = await world.share(
      ada,
      [
        [bob, 'editor'],
        [cy, 'editor'],
      ],
      { text: 'debugger;\n' },
    );
    for (let n = 0; n < 6; n++) await world.addDocument(ada, projectId, { text: 'var a;\n', path: `some/${n}.ts` });
    const clients = await Promise.all([ada, bob, cy].map((person) => world.connect(person)));
    await accepted(clients[0]!.ask('project:open', { projectId }));
    const runs: string[] = [];
    for (let round = 0; round < 4; round++) {
      const started = await Promise.all(
        [...clients, clients[0]!].map(
          async (client) => (await accepted(client.ask('analysis:start', { projectId }))).runId,
        ),
      );
      runs.push(...started);
    }
    const states = (runId: string) =>
      clients[0]!
        .told('analysis:progress')
        .filter((told) => told.runId === runId)
        .map(({ state }) => state);
    const isOver = (runId: string) => states(runId).some((state) => state !== 'running');
    await eventually('each run ends', () => runs.every(isOver), 20_000);
    for (const runId of new Set(runs)) {
      expect(states(runId).slice(0, -1)).toEqual(states(runId).slice(0, -1).fill('running'));
      expect(['complete', 'cancelled']).toContain(states(runId).at(-1));
    }
  });

  it('ANA-6: a run that waits serves who asks meanwhile; edits leave alone what somebody asked for', async () => {
    const { projectId, documentId } = await world.share(ada);
    const bob = await world.person('Bob');
    const requests = world.server.app.get(AiRequests, { strict: false });
    const start = (userId: string | null) => requests.startAnalysis({ userId, projectId, documentId });
    const edits = await Promise.all([1, 2, 3, 4, 5, 6].map(() => start(null)));
    expect(new Set(edits.map(({ id }) => id)).size).toBe(1);
    expect(edits.map(({ isNew }) => isNew).filter(Boolean)).toHaveLength(1);
    const asked = await start(ada.user.id);
    expect(asked).toMatchObject({ isNew: true, cancelled: [] });
    await requests.claim(asked.id, 0);
    await requests.claim(edits[0]!.id, 0);
    const after = await start(null);
    expect(after).toMatchObject({ isNew: true, cancelled: [edits[0]!.id] });
    const again = await start(ada.user.id);
    expect(again).toMatchObject({ isNew: true, cancelled: [asked.id] });
    expect(await start(ada.user.id)).toEqual({ id: again.id, isNew: false, cancelled: [] });
    // Who asked may lose the right to: others wait for a run of their own.
    expect(await start(bob.user.id)).toMatchObject({ isNew: true, cancelled: [again.id] });
  });

  it('opening a document again and again costs one look at it', async () => {
    const { projectId } = await world.share(ada);
    const documentId = await world.addDocument(ada, projectId, { path: 'notes.unknown', text: 'nobody handles it' });
    const editors = [await open(ada, documentId)];
    const runs = async () =>
      (
        await world.sql.query<{ state: string }>('SELECT state FROM ai_requests WHERE document_id = $1', [documentId])
      ).rows.map(({ state }) => state);
    await eventually('it was looked at', async () => (await runs())[0] === 'complete', 20_000);
    for (let n = 0; n < 5; n++) editors.push(await open(ada, documentId));
    // What an edit leads to comes after all that the opens did.
    await editors[0]!.type('more');
    await eventually('the edit is looked at', async () => (await runs()).length > 1, 20_000);
    expect(await runs()).toHaveLength(2);
  });
});
