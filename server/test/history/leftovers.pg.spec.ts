import { randomBytes, randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { PostgresProjects } from '../../src/adapters/postgres/projects.js';
import { addUser } from '../../src/testing/project-fixtures.js';
import { RetentionWorld } from './support/retention-world.js';

let world: RetentionWorld;
beforeAll(async () => {
  world = await RetentionWorld.start();
});
afterAll(() => world?.stop());

const count = async (table: string, where: string, ...values: unknown[]) => {
  const [row] = await world.query<{ n: number }>(`SELECT count(*)::int AS n FROM ${table} WHERE ${where}`, values);
  return row!.n;
};
const ago = (days: number) => new Date(Date.now() - days * 86_400_000);

describe('deleted documents and projects', () => {
  async function everywhere(documentId: string): Promise<Record<string, number>> {
    const tables = [
      'document_updates',
      'document_snapshots',
      'document_versions',
      'document_clients',
      'document_diagnostics',
    ];
    const counts = await Promise.all(tables.map((table) => count(table, 'document_id = $1', documentId)));
    const documents = await count('documents', 'id = $1', documentId);
    return { documents, ...Object.fromEntries(tables.map((table, i) => [table, counts[i]!])) };
  }

  /** A document with something in every table. */
  async function full(projectId?: string) {
    const written = await world.written(50, 0, projectId ? { projectId } : {});
    const { documentId } = written;
    await world.compact(written);
    const past = await world.past.at(documentId, 'now');
    await world.versions.add(world.userId, documentId, 'named', await world.work.compact(past, 'somebody'));
    await world.log.bindClients(documentId, [1, 2], world.userId);
    await world.query(
      `INSERT INTO document_diagnostics (document_id, source, run_id, seq, state_vector, diagnostics) VALUES ($1, 'x', $2, 1, '\\x00', '[]')`,
      [documentId, randomUUID()],
    );
    return written;
  }

  const FULL = {
    documents: 1,
    document_updates: 50,
    document_snapshots: 2,
    document_versions: 1,
    document_clients: 2,
    document_diagnostics: 1,
  };
  const NOTHING = Object.fromEntries(Object.keys(FULL).map((table) => [table, 0]));

  it('HIST-7: what was deleted longer ago than the days is gone everywhere, the rest is not', async () => {
    const [old, young, alive] = [await full(), await full(), await full()];
    const remove = 'UPDATE documents SET deleted_at = $2, access_version = access_version + 1 WHERE id = $1';
    await world.query(remove, [old.documentId, ago(31)]);
    await world.query(remove, [young.documentId, ago(29)]);
    await world.retention(world.store(0)).run();
    expect(await everywhere(old.documentId)).toEqual(FULL);
    await world.retention().run();
    expect(await Promise.all([old, young, alive].map(({ documentId }) => everywhere(documentId)))).toEqual([
      NOTHING,
      FULL,
      FULL,
    ]);
    expect(await world.opened(alive.documentId)).toBeDefined();
  });

  it('HIST-7: a project goes when its last document is gone', async () => {
    const { documentId, projectId } = await full();
    const other = await world.project();
    await new PostgresProjects(world.database.dataSource).delete(world.userId, projectId);
    await world.query(`UPDATE projects SET created_at = $1`, [ago(60)]);
    await world.retention().run();
    expect([await count('projects', 'id = $1', projectId), await everywhere(documentId)]).toEqual([1, FULL]);
    await world.query('UPDATE documents SET deleted_at = $2 WHERE id = $1', [documentId, ago(31)]);
    await world.retention().run();
    expect([await count('projects', 'id = $1', projectId), await everywhere(documentId)]).toEqual([0, NOTHING]);
    expect(await count('projects', 'id = $1', other)).toBe(1);
  });
});

describe('what else only grows', () => {
  it('events: published ones for a day, others as long as history, a week at least', async () => {
    const event = (type: string, days: number, published: boolean) =>
      world.query('INSERT INTO event_outbox (type, created_at, published_at) VALUES ($1, $2, $3)', [
        type,
        ago(days),
        published ? ago(days) : null,
      ]);
    await world.query('DELETE FROM event_outbox');
    for (const [type, days, published] of [
      ['waits too long', 31, false],
      ['is published', 2, true],
      ['waits', 8, false],
      ['is published just now', 0.5, true],
    ] as const) {
      await event(type, days, published);
    }
    const types = async () =>
      (await world.query<{ type: string }>('SELECT type FROM event_outbox ORDER BY id')).map(({ type }) => type);
    await world.retention().run();
    expect(await types()).toEqual(['waits', 'is published just now']);
    await world.retention(world.store(1)).run();
    expect(await types()).toEqual(['is published just now']);
    // Where history is kept for ever, events are not.
    await event('waits', 29, false);
    await event('is forgotten', 31, false);
    await world.retention(world.store(0)).run();
    expect(await types()).toEqual(['is published just now', 'waits']);
    for (let i = 0; i < 70; i++) await event('many', 40, false);
    await world.retention().run();
    // The first ones by id are young: what is behind them waits for its turn.
    expect(await count('event_outbox', `type = 'many'`)).toBe(70 - 18);
    await world.query(`DELETE FROM event_outbox WHERE type <> 'many'`);
    await world.retention().run();
    expect(await types()).toEqual([]);
  });

  it('AI requests that were accepted, as long as the rows that name them; live ones never', async () => {
    const projectId = await world.project();
    const request = (state: string, days: number) =>
      world.query(
        `INSERT INTO ai_requests (kind, state, key, user_id, project_id, created_at, closed_outcome)
         VALUES ('completion', $1, $2, $3, $4, $5, 'accepted') RETURNING id`,
        [state, randomUUID(), world.userId, projectId, ago(days)],
      );
    await request('complete', 33);
    await request('failed', 33);
    await request('complete', 31);
    await world.retention().run();
    expect(await count('ai_requests', 'project_id = $1', projectId)).toBe(1);
    await world.query('UPDATE ai_requests SET created_at = $1', [ago(90)]);
    await request('waiting', 90);
    await world.retention().run();
    const left = await world.query<{ state: string }>('SELECT state FROM ai_requests WHERE project_id = $1', [
      projectId,
    ]);
    expect(left).toEqual([{ state: 'waiting' }]);
  });

  /** A sign-in whose tokens were given out and ended so many days ago. */
  async function signIn(userId: string, ...tokens: [created: number, expires: number][]): Promise<string> {
    const id = randomUUID();
    const first = tokens[0]?.[0] ?? 90;
    await world.query('INSERT INTO sessions (id, user_id, created_at) VALUES ($1, $2, $3)', [id, userId, ago(first)]);
    for (const [created, expires] of tokens) {
      await world.query(
        'INSERT INTO refresh_tokens (token_hash, session_id, created_at, expires_at) VALUES ($1, $2, $3, $4)',
        [randomBytes(32), id, ago(created), ago(expires)],
      );
    }
    return id;
  }
  const guest = async (days: number) => {
    const id = randomUUID();
    await world.query(`INSERT INTO users (id, display_name, created_at, kind) VALUES ($1, 'Guest', $2, 'guest')`, [
      id,
      ago(days),
    ]);
    return id;
  };
  const exists = (table: string, ids: readonly string[]) =>
    Promise.all(ids.map(async (id) => (await count(table, 'id = $1', id)) === 1));

  it('sign-ins that nothing is valid of any more, and links', async () => {
    const userId = await addUser(world.database.dataSource);
    const sessions = [
      await signIn(userId, [70, 40], [65, 35]),
      await signIn(userId, [70, 40], [50, 20]),
      await signIn(userId, [1, -29]),
      await signIn(userId),
    ];
    const projectId = await world.project();
    for (const days of [2, 0.5, -0.01]) {
      await world.query(
        `INSERT INTO sign_in_links (token_hash, project_id, role, expires_at) VALUES ($1, $2, 'editor', $3)`,
        [randomBytes(32), projectId, ago(days)],
      );
    }
    for (const days of [1, 0.01, -0.01]) {
      await world.query(
        `INSERT INTO oidc_flows (state_hash, provider, browser_hash, expires_at) VALUES ($1, 'oidc', $1, $2)`,
        [randomBytes(32), ago(days)],
      );
    }
    await world.retention().run();
    expect(await count('oidc_flows', 'true')).toBe(2);
    expect(await exists('sessions', sessions)).toEqual([false, true, true, false]);
    expect(await count('refresh_tokens', 'session_id = $1', sessions[1])).toBe(1);
    expect(await count('sign_in_links', 'project_id = $1', projectId)).toBe(2);
    expect(await exists('users', [userId])).toEqual([true]);
  });

  it('links of mails that are old, and never a person without an address', async () => {
    const userId = randomUUID();
    await world.query(`INSERT INTO users (id, display_name, created_at) VALUES ($1, 'Somebody', $2)`, [
      userId,
      ago(90),
    ]);
    for (const days of [1, 0.01, -1]) {
      await world.query(
        `INSERT INTO one_time_tokens (token_hash, purpose, email, expires_at) VALUES ($1, 'register', $2, $3)`,
        [randomBytes(32), 'old@example.org', ago(days)],
      );
    }
    await world.retention().run();
    expect(await count('one_time_tokens', 'email = $1', 'old@example.org')).toBe(2);
    expect(await exists('users', [userId])).toEqual([true]);
  });

  it('wrong guesses of the day before, and those that were taken back', async () => {
    for (const [guesses, days] of [
      [3, 1.1],
      [3, 0.9],
      [0, 0.1],
    ] as const) {
      await world.query('INSERT INTO sign_in_attempts (key, count, at) VALUES ($1, $2, $3)', [
        randomBytes(32),
        guesses,
        ago(days),
      ]);
    }
    await world.retention().run();
    expect(await count('sign_in_attempts', 'true')).toBe(1);
    expect(await count('sign_in_attempts', 'at > $1', ago(1))).toBe(1);
  });

  it('guests whom nobody can be any more, unless a project is theirs or still shows what they did', async () => {
    const guests = [await guest(90), await guest(90), await guest(90), await guest(90), await guest(5)];
    const [gone, active, owner, remembered, young] = guests as [string, string, string, string, string];
    await signIn(gone, [80, 50]);
    await signIn(active, [20, -10]);
    await signIn(owner, [80, 50]);
    await signIn(remembered, [80, 50]);
    const join = 'INSERT INTO project_members (project_id, user_id, role) VALUES ($1, $2, $3)';
    await world.query(join, [await world.project(), gone, 'editor']);
    await world.query(join, [await world.project(), owner, 'owner']);
    await world.query(join, [await world.project(100), remembered, 'editor']);
    await world.retention(world.store(0)).run();
    expect(await exists('users', guests)).toEqual([true, true, true, true, true]);
    await world.retention().run();
    expect(await exists('users', guests)).toEqual([false, true, true, true, true]);
    expect(await count('project_members', 'user_id = $1', gone)).toBe(0);
    expect(await exists('users', [young])).toEqual([true]);
  });
});
