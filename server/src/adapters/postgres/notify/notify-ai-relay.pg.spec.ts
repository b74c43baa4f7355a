import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { Client } from 'pg';
import {
  aiRelayContract,
  commands,
  connected,
  delta,
  hear,
  type RelaysUnderTest,
} from '../../../testing/ai-relay-contract.js';
import { eventually } from '../../../testing/eventually.js';
import {
  createTestDatabase,
  type PrivatePostgres,
  startPrivatePostgres,
  type TestDatabase,
} from '../../../testing/postgres.js';
import { NotifyAiRelay } from './notify-ai-relay.js';

async function openAt(url: string): Promise<RelaysUnderTest> {
  const errors: unknown[] = [];
  const report = (error: unknown) => errors.push(error);
  const [a, b] = [new NotifyAiRelay(url, report), new NotifyAiRelay(url, report)];
  const stop = async () => {
    await Promise.all([a.close(), b.close()]);
  };
  return { a, b, errors, stop };
}

describe('NotifyAiRelay', () => {
  let database: TestDatabase;
  beforeAll(async () => {
    database = await createTestDatabase();
  });
  afterAll(() => database.drop());

  describe('as a relay', () => aiRelayContract(() => openAt(database.url)));

  it('leaves no session behind', async () => {
    const relays = await openAt(database.url);
    const projectId = randomUUID();
    hear(relays.b, projectId);
    await connected(relays.a, relays.b, projectId);
    const admin = new Client({ connectionString: database.url });
    await admin.connect();
    try {
      const sessions = async () => (await admin.query(`${SESSIONS} AND application_name LIKE 'tandem-ai%'`)).rowCount;
      expect(await sessions()).toBe(4);
      await relays.stop();
      await eventually('all sessions have ended', async () => (await sessions()) === 0);
    } finally {
      await admin.end();
    }
  });
});

const SESSIONS = 'SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()';

describe('NotifyAiRelay, when PostgreSQL fails', () => {
  let postgres: PrivatePostgres;
  let relays: RelaysUnderTest;
  beforeAll(async () => {
    postgres = await startPrivatePostgres({ migrate: false });
  });
  afterAll(() => postgres.stop());
  afterEach(async () => {
    await relays.stop();
  });

  it('goes on after its sessions were terminated', async () => {
    relays = await openAt(postgres.url);
    const { a, b, errors } = relays;
    const projectId = randomUUID();
    const atB = hear(b, projectId);
    await connected(a, b, projectId);
    const admin = new Client({ connectionString: postgres.url });
    await admin.connect();
    const { rowCount } = await admin.query(SESSIONS.replace('pid FROM', 'pg_terminate_backend(pid) FROM'));
    await admin.end();
    expect(rowCount).toBe(4);
    for (let index = 0; index < 100; index++) a.publish(delta(projectId, index));
    await eventually('it is reported', () => errors.length > 0);
    await connected(a, b, projectId);
    const indexes = atB.map(({ index }) => index);
    expect(indexes).toEqual([...new Set(indexes)].sort((x, y) => x - y));
  });

  it('goes on after PostgreSQL was killed, and was not to be heard meanwhile', async () => {
    relays = await openAt(postgres.url);
    const { a, b } = relays;
    const projectId = randomUUID();
    const [atA, atB] = [hear(a, projectId), hear(b, projectId)];
    const atBCommands = commands(b);
    await connected(a, b, projectId);
    await postgres.kill9();
    const count = 20_000;
    for (let index = 0; index < count; index++) a.publish(delta(projectId, index, 'x'.repeat(500)));
    expect(atB).toEqual([]);
    a.command({ type: 'cancel', requestId: 'while away' });
    await eventually('the node hears itself', () => atA.length === count);
    // It is started again by itself.
    await connected(a, b, projectId);
    const indexes = atB.map(({ index }) => index);
    expect(indexes.length).toBeLessThan(10_000);
    expect(indexes).toEqual([...new Set(indexes)].sort((x, y) => x - y));
    expect(atBCommands.length).toBeLessThanOrEqual(1);
  });

  it('notices within five seconds that PostgreSQL is silent, and closes without it', async () => {
    relays = await openAt(postgres.url);
    const { a, b, errors } = relays;
    const projectId = randomUUID();
    hear(b, projectId);
    await connected(a, b, projectId);
    const pids = await postgres.pids();
    for (const pid of pids) process.kill(pid, 'SIGSTOP');
    try {
      await eventually('both connections of both are given up', () => errors.length >= 2, 5000);
      const startedAt = performance.now();
      await relays.stop();
      expect(performance.now() - startedAt).toBeLessThan(2000);
    } finally {
      for (const pid of pids) process.kill(pid, 'SIGCONT');
    }
  });
});
