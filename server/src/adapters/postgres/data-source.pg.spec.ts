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
