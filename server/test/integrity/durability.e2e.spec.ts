import { randomUUID } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { Client } from 'pg';
import { createDataSource } from '../../src/adapters/postgres/data-source.js';
import { checkDurability } from '../../src/adapters/postgres/durability.js';
import { PostgresUpdateLog } from '../../src/adapters/postgres/update-log/postgres-update-log.js';
import { StoreUnavailable } from '../../src/core/document/update-log.js';
import { createTestDatabase, type TestDatabase } from '../../src/testing/postgres.js';
import { ServerProcess, startServerProcess, stopAllServers } from '../../src/testing/server-process.js';
import { type StrangePostgres, startPostgresWith } from './support/postgres-with.js';

const WORKER = fileURLToPath(new URL('../../dist/worker.js', import.meta.url));

afterEach(stopAllServers);

/** Starts it and lets it end by itself. */
async function refusal(url: string, main?: string): Promise<string> {
  const server = new ServerProcess({ env: { DATABASE_URL: url }, ...(main ? { main } : {}) });
  expect(await server.exited()).toBe(1);
  expect(server.url).toBe('');
  return server.stderr().trim();
}

describe('a database that forgets commits by the word of its role or its own', () => {
  let database: TestDatabase;
  beforeAll(async () => {
    database = await createTestDatabase();
    const sql = new Client({ connectionString: database.url });
    await sql.connect();
    const name = new URL(database.url).pathname.slice(1);
    await sql.query(`ALTER DATABASE ${name} SET synchronous_commit = off`);
    await sql.end();
  });
  afterAll(() => database?.drop());

  test('M5: no start, and one line that says which setting it is', async () => {
    const said = await refusal(database.url);
    expect(said.split('\n')).toHaveLength(1);
    expect(said).toMatch(/saved edits.*: synchronous_commit is off.*ALLOW_UNSAFE_DATABASE=true/);
    expect(said).not.toContain('fsync');
  });

  test('a worker does not start either', async () => {
    expect(await refusal(database.url, WORKER)).toContain('synchronous_commit is off');
  });

  test('with the switch it starts, and says what it risks', async () => {
    const server = await startServerProcess({
      env: { DATABASE_URL: database.url, ALLOW_UNSAFE_DATABASE: 'true', TANDEM_SECRET: 's'.repeat(40) },
    });
    expect(server.stdout()).toContain('! synchronous_commit is off: a crash of the database may take saved edits');
    await server.stop();
  });

  test('edits wait for the disk all the same where nobody has allowed otherwise', async () => {
    const commits = async (isUnsafeAllowed: boolean) => {
      // Of one connection, which keeps what the log has set.
      const dataSource = await createDataSource(database.url, { poolSize: 1 }).initialize();
      const log = new PostgresUpdateLog(dataSource, isUnsafeAllowed);
      await log.append([{ documentId: randomUUID(), epoch: 1, accessVersion: 1, rows: [] }], 0);
      await log.close();
      const [setting] = await dataSource.query<{ synchronous_commit: string }[]>('SHOW synchronous_commit');
      await dataSource.destroy();
      return setting!.synchronous_commit;
    };
    expect([await commits(false), await commits(true)]).toEqual(['on', 'off']);
  });
});

describe('a PostgreSQL that somebody made fast', () => {
  let postgres: StrangePostgres;
  beforeAll(async () => {
    postgres = await startPostgresWith({ fsync: 'off', full_page_writes: 'off' });
  });
  afterAll(() => postgres?.stop());

  test('M5: no start; all that is off is named', async () => {
    expect(await refusal(postgres.url)).toContain('fsync, full_page_writes are off');
  });

  test('M5: a server that finds itself on it after a reconnect acknowledges nothing', async () => {
    const dataSource = await createDataSource(postgres.url).initialize();
    const batch = [{ documentId: randomUUID(), epoch: 1, accessVersion: 1, rows: [] }];
    const careful = new PostgresUpdateLog(dataSource);
    await expect(careful.append(batch, 0)).rejects.toBeInstanceOf(StoreUnavailable);
    await expect(careful.append(batch, 0)).rejects.toMatchObject({
      cause: { message: expect.stringContaining('fsync, full_page_writes are off') },
    });
    const careless = new PostgresUpdateLog(dataSource, true);
    expect(await careless.append(batch, 0)).toEqual([{ type: 'deleted' }]);
    await Promise.all([careful.close(), careless.close()]);
    await dataSource.destroy();
  });
});

test('what the server starts itself has nothing to say', async () => {
  const database = await createTestDatabase();
  const dataSource = await createDataSource(database.url).initialize();
  expect(await checkDurability(dataSource, { isAllowed: false })).toEqual([]);
  await dataSource.destroy();
  await database.drop();
});
