import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Suggestion } from '../../core/ai/ai-relay.js';
import type { ClaimedCompletion, CompletionQuestion, CompletionResult } from '../../core/ai/ai-requests.js';
import { addUser, newFile, newProject, type OpenedDatabase, openTestDatabase } from '../../testing/project-fixtures.js';
import { PostgresAiRequests } from './ai-requests.js';
import { PostgresDocumentsDirectory } from './documents-directory.js';
import { PostgresProjects } from './projects.js';
import { StatementPool } from './statement-pool.js';

const question: CompletionQuestion = {
  anchor: 'AA==',
  offset: undefined,
  stateVector: 'AA==',
  trigger: 'manual',
  model: undefined,
  alternatives: 1,
  openDocuments: [],
};
// Cut in the middle of an emoji, as the end of a long line may be.
const suggestion = { documentId: '', userId: '', before: '\udc4d const ', after: '\ud83d' } as unknown as Suggestion;
const result = (texts: string[]): CompletionResult => ({
  outcome: 'complete',
  suggestion,
  visibility: 'text',
  texts,
  deltas: texts.length,
  model: 'tandem-ngram',
  usage: { promptTokens: 3, completionTokens: 1, estimated: false },
  note: undefined,
});

describe('PostgresAiRequests', () => {
  let database: OpenedDatabase;
  let pool: StatementPool;
  let requests: PostgresAiRequests;
  let userId: string;
  let projectId: string;
  let files = 0;
  beforeAll(async () => {
    database = await openTestDatabase();
    pool = new StatementPool(database.url, { size: 5, isDurable: false, name: 'spec' });
    requests = new PostgresAiRequests(pool);
    userId = await addUser(database.dataSource);
    projectId = (await new PostgresProjects(database.dataSource).create(userId, newProject())).id;
  });
  afterAll(async () => {
    await pool?.close();
    await database?.close();
  });

  const document = async () => {
    const created = await new PostgresDocumentsDirectory(database.dataSource).create(
      userId,
      projectId,
      newFile(`src/file-${files++}.ts`),
    );
    return created.value.id;
  };
  const start = (documentId: string, key: string, by = userId) =>
    requests.startCompletion({ userId: by, projectId, documentId, question, key });
  const claim = async (id: string, staleMs = 60_000) =>
    (await requests.claim(id, staleMs)) as ClaimedCompletion | undefined;

  it('an equal live request is answered with the one that is there, however many ask at once', async () => {
    const documentId = await document();
    const asked = await Promise.all(Array.from({ length: 8 }, () => start(documentId, `equal ${documentId}`)));
    expect(new Set(asked.map(({ id }) => id)).size).toBe(1);
    expect(asked.filter(({ isNew }) => isNew)).toHaveLength(1);
    expect(asked.flatMap(({ superseded }) => superseded)).toEqual([]);
  });

  it('a newer request of the same asker supersedes the older one in the document, live or done, and no other', async () => {
    const [documentId, elsewhere] = [await document(), await document()];
    const other = await addUser(database.dataSource);
    const done = await start(documentId, `done ${documentId}`);
    await claim(done.id);
    await requests.finish(done.id, 1, result(['x']));
    const theirs = await start(documentId, `theirs ${documentId}`, other);
    const live = await start(documentId, `live ${documentId}`);
    expect(live.superseded).toEqual([{ id: done.id, wasLive: false, model: 'tandem-ngram' }]);
    await start(elsewhere, `elsewhere ${elsewhere}`);
    const newest = await start(documentId, `newest ${documentId}`);
    expect(newest.superseded).toEqual([{ id: live.id, wasLive: true, model: null }]);
    expect(await requests.get(live.id)).toMatchObject({ state: 'cancelled', closed: { outcome: 'superseded' } });
    expect(await requests.get(done.id)).toMatchObject({
      state: 'complete',
      closed: { outcome: 'superseded' },
      texts: [],
    });
    expect(await requests.get(theirs.id)).toMatchObject({ state: 'waiting', closed: null });
  });

  it('a claim brings what the worker needs, under the rights of now', async () => {
    const documentId = await document();
    const { id } = await start(documentId, `claim ${documentId}`);
    expect(await claim(id)).toMatchObject({
      id,
      kind: 'completion',
      attempt: 1,
      role: 'owner',
      question: { trigger: 'manual' },
      settings: { aiContext: { pinnedPaths: [] }, configuration: { suggestionSharing: 'text' } },
      preferences: { visibility: 'text' },
    });
    const stranger = await addUser(database.dataSource);
    const foreign = await start(documentId, `foreign ${documentId}`, stranger);
    expect(await claim(foreign.id)).toMatchObject({ role: null });
  });

  it('F28: one worker at a time: a second gets the request only when the first gives no sign of life', async () => {
    const { id } = await start(await document(), 'takeover');
    expect(await claim(id)).toMatchObject({ attempt: 1 });
    expect(await claim(id)).toBeUndefined();
    expect(await claim(id, 0)).toMatchObject({ attempt: 2 });
    expect(await requests.keepAlive([{ id, attempt: 1 }])).toEqual([id]);
    expect(await requests.keepAlive([{ id, attempt: 2 }])).toEqual([]);
    expect(await requests.finish(id, 1, result(['stale']))).toBe(false);
    expect(await requests.finish(id, 2, result(['fresh \ud83d\0']))).toBe(true);
    expect(await requests.finish(id, 2, result(['again']))).toBe(false);
    expect(await requests.get(id)).toMatchObject({
      state: 'complete',
      texts: ['fresh \ud83d\0'],
      deltas: 1,
      suggestion,
    });
  });

  it('F30: whoever comes first ends it: cancel and finish exclude each other', async () => {
    for (let round = 0; round < 20; round++) {
      const { id } = await start(await document(), `race ${round}`);
      await claim(id);
      const [finished, cancelled] = await Promise.all([
        requests.finish(id, 1, result(['x'])),
        requests.cancel(id, userId),
      ]);
      expect(finished).toBe(cancelled === undefined);
      expect((await requests.get(id))?.state).toBe(finished ? 'complete' : 'cancelled');
    }
  });

  it('a request is cancelled by its asker only', async () => {
    const { id } = await start(await document(), 'not yours');
    expect(await requests.cancel(id, await addUser(database.dataSource))).toBeUndefined();
    expect(await requests.cancel(id, userId)).toMatchObject({ state: 'cancelled', closed: { outcome: 'cancelled' } });
    expect(await requests.cancel(id, userId)).toBeUndefined();
    expect(await claim(id)).toBeUndefined();
  });

  it('a suggestion is closed once; its text stays only when it was accepted', async () => {
    const [kept, thrown] = [await document(), await document()];
    for (const [documentId, outcome] of [
      [kept, 'accepted'],
      [thrown, 'rejected'],
    ] as const) {
      const { id } = await start(documentId, `close ${documentId}`);
      expect(await requests.resolve(id, { outcome, by: userId, acceptedLength: 1, alternative: 0 })).toBeUndefined();
      await claim(id);
      await requests.finish(id, 1, result(['text']));
      expect((await requests.openIn(documentId)).map((open) => open.id)).toEqual([id]);
      const range = { client: 7, clock: 3, length: 4 };
      if (outcome === 'accepted') {
        await requests.accepted(id, range);
        await requests.accepted(id, range);
      }
      const closed = await requests.resolve(id, { outcome, by: userId, acceptedLength: 4, alternative: 0 });
      expect(closed).toMatchObject({
        closed: { outcome, by: userId, accepted: outcome === 'accepted' ? [range] : [] },
      });
      expect(closed?.texts).toEqual(outcome === 'accepted' ? ['text'] : []);
      expect(await requests.resolve(id, { outcome, by: userId, acceptedLength: 4, alternative: 0 })).toBeUndefined();
      expect(await requests.openIn(documentId)).toEqual([]);
    }
  });

  it('what nobody works on is found, and given up once', async () => {
    const { id } = await start(await document(), 'abandoned');
    expect((await requests.abandoned(60_000)).map((row) => row.id)).not.toContain(id);
    expect(await requests.abandoned(0)).toContainEqual({ id, kind: 'completion', attempt: 0, age: expect.any(Number) });
    expect(await requests.giveUp(id, 1, 'somebody has it by now')).toBeUndefined();
    expect(await requests.giveUp(id, 0, 'no worker')).toMatchObject({ state: 'failed', closed: { outcome: 'failed' } });
    expect(await requests.giveUp(id, 0, 'no worker')).toBeUndefined();
  });

  it('what nobody answered expires, and what was not accepted is forgotten', async () => {
    const documentId = await document();
    const { id } = await start(documentId, 'expires');
    await claim(id);
    await requests.finish(id, 1, result(['text']));
    expect(await requests.expire(60_000)).toEqual([]);
    expect((await requests.expire(0)).map((row) => row.id)).toContain(id);
    await requests.forget(60_000);
    expect(await requests.get(id)).toBeDefined();
    await requests.forget(0);
    expect(await requests.get(id)).toBeUndefined();
  });

  it('a newer analysis of the same document ends the one under way, and joins the one that waits', async () => {
    const [documentId, elsewhere] = [await document(), await document()];
    const afterEdits = { userId: null, projectId, documentId };
    const first = await requests.startAnalysis(afterEdits);
    const other = await requests.startAnalysis({ ...afterEdits, documentId: elsewhere });
    expect(await requests.startAnalysis(afterEdits)).toMatchObject({ id: first.id, isNew: false, cancelled: [] });
    expect(await requests.claim(first.id, 0)).toMatchObject({ kind: 'analysis', attempt: 1, documentId });
    const asked = await requests.startAnalysis({ userId, projectId, documentId });
    // What somebody asked for, and what follows edits, leave each other alone.
    expect(asked).toMatchObject({ isNew: true, cancelled: [] });
    const second = await requests.startAnalysis(afterEdits);
    expect(second).toMatchObject({ isNew: true, cancelled: [first.id] });
    expect(await requests.finishAnalysis(first.id, 1, 'complete')).toBe(false);
    expect(await requests.keepAlive([{ id: first.id, attempt: 1 }])).toEqual([first.id]);
    await requests.claim(other.id, 0);
    expect(await requests.finishAnalysis(other.id, 1, 'complete')).toBe(true);
    const runs = await Promise.all(Array.from({ length: 6 }, () => requests.startAnalysis(afterEdits)));
    expect(new Set(runs.map(({ id }) => id))).toEqual(new Set([second.id]));
  });

  it('does not wait for the disk, which the log of edits does', async () => {
    const [row] = await pool.query<{ synchronous_commit: string }>('SHOW synchronous_commit', []);
    expect(row).toEqual({ synchronous_commit: 'off' });
    expect(await database.dataSource.query('SHOW synchronous_commit')).toEqual([{ synchronous_commit: 'on' }]);
  });
});
