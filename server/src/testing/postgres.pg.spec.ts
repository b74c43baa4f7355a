import { expect, test } from '@jest/globals';
import { Client } from 'pg';
import { eventually } from './eventually.js';
import { createTestDatabase, startPrivatePostgres } from './postgres.js';

async function tables(url: string): Promise<string[]> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    const { rows } = await client.query(`SELECT tablename FROM pg_tables WHERE schemaname = 'public'`);
    return rows.map((row) => row.tablename);
  } finally {
    await client.end();
  }
}

test('createTestDatabase gives each caller a migrated database, and drop cuts open sessions', async () => {
  const databases = await Promise.all(Array.from({ length: 4 }, () => createTestDatabase()));
  expect(new Set(databases.map(({ url }) => url)).size).toBe(4);
  for (const { url } of databases) expect(await tables(url)).toContain('migrations');

  const session = new Client({ connectionString: databases[0]?.url });
  const cut = new Promise<Error>((resolve) => session.on('error', resolve));
  await session.connect();
  await Promise.all(databases.map((database) => database.drop()));
  expect((await cut).message).toBeTruthy();
});

test('startPrivatePostgres can be killed and comes back', async () => {
  const postgres = await startPrivatePostgres();
  try {
    expect(await tables(postgres.url)).toContain('migrations');
    expect((await postgres.pids()).length).toBeGreaterThan(3);
    await postgres.kill9();
    await eventually('it is back', () => postgres.log.some((line) => line.includes('is back')));
    expect(await tables(postgres.url)).toContain('migrations');
  } finally {
    await postgres.stop();
  }
});
