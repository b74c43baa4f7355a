import { expect, test } from '@jest/globals';
import { createTestDatabase } from '../../testing/postgres.js';
import { createDataSource, runMigrations } from './data-source.js';

test('the application loads no migration, and without them none can be run by mistake', async () => {
  const database = await createTestDatabase();
  const dataSource = await createDataSource(database.url).initialize();
  try {
    expect(dataSource.migrations).toEqual([]);
    await expect(runMigrations(dataSource)).rejects.toThrow('No migrations are loaded');
  } finally {
    await dataSource.destroy();
    await database.drop();
  }
});

test('F12: PostgreSQL ends the transaction of a node that sleeps in it, on every connection', async () => {
  const database = await createTestDatabase();
  const dataSource = await createDataSource(database.url, { poolSize: 3 }).initialize();
  const runners = [1, 2, 3].map(() => dataSource.createQueryRunner());
  try {
    const settings = (name: string) => Promise.all(runners.map((runner) => runner.query(`SHOW ${name}`)));
    for (const [row] of await settings('idle_in_transaction_session_timeout')) {
      expect(row).toEqual({ idle_in_transaction_session_timeout: '10s' });
    }
    // Over TCP, who has not answered for so long is gone.
    for (const [row] of await settings('tcp_keepalives_idle')) expect(row).toEqual({ tcp_keepalives_idle: '10' });
  } finally {
    await Promise.all(runners.map((runner) => runner.release()));
    await dataSource.destroy();
    await database.drop();
  }
});
