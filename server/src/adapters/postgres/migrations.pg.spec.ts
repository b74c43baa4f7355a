import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { DataSource } from 'typeorm';
import { createTestDatabase, type TestDatabase } from '../../testing/postgres.js';
import { createDataSource, loadMigrations } from './data-source.js';

describe('migrations', () => {
  let database: TestDatabase;
  let dataSource: DataSource;

  beforeAll(async () => {
    database = await createTestDatabase();
    dataSource = createDataSource(database.url, { migrations: await loadMigrations() });
    await dataSource.initialize();
  });
  afterAll(async () => {
    await dataSource?.destroy();
    await database?.drop();
  });

  /** What `migration:generate` would write. */
  const drift = async () => (await dataSource.driver.createSchemaBuilder().log()).upQueries.map(({ query }) => query);

  /** Everything that a migration may make, but the table in which TypeORM remembers them. */
  const objects = async () => {
    const rows = await dataSource.query<{ name: string }[]>(`
      SELECT relkind::text || ' ' || relname AS name FROM pg_class
        WHERE relnamespace = 'public'::regnamespace AND relname !~ '^(migrations|PK_)'
      UNION ALL SELECT 'function ' || proname FROM pg_proc WHERE pronamespace = 'public'::regnamespace
      UNION ALL SELECT 'type ' || typname FROM pg_type
        WHERE typnamespace = 'public'::regnamespace AND typtype IN ('e', 'd') ORDER BY 1`);
    return rows.map(({ name }) => name);
  };

  test('the entities and the migrations agree', async () => {
    expect(dataSource.migrations.length).toBeGreaterThan(0);
    expect(await drift()).toEqual([]);
  });

  test('drift would be seen', async () => {
    await dataSource.query('ALTER TABLE projects RENAME COLUMN name TO title');
    expect((await drift()).join('\n')).toContain('"name"');
    await dataSource.query('ALTER TABLE projects RENAME COLUMN title TO name');
  });

  test('HIST-7: whatever goes with what it belongs to is found by an index, not by reading its whole table', async () => {
    // A few rows, which are gone after a while.
    const small = ['sign_in_links', 'oidc_flows'];
    const rows = await dataSource.query<{ key: string }[]>(
      `
      SELECT c.conname AS key FROM pg_constraint c JOIN pg_class t ON t.oid = c.conrelid
      WHERE c.contype = 'f' AND c.connamespace = 'public'::regnamespace AND t.relname <> ALL ($1) AND NOT EXISTS (
        SELECT FROM pg_index i WHERE i.indrelid = c.conrelid AND i.indpred IS NULL
          AND (i.indkey::int2[])[0:cardinality(c.conkey) - 1] @> c.conkey)
      ORDER BY 1`,
      [small],
    );
    expect(rows.map(({ key }) => key)).toEqual([]);
  });

  test('each is undone by its revert, down to nothing, and can be applied again', async () => {
    const before = await objects();
    expect(before).toContain('r documents');
    for (const _ of dataSource.migrations) await dataSource.undoLastMigration({ transaction: 'each' });
    expect(await objects()).toEqual([]);

    const applied = await dataSource.runMigrations({ transaction: 'each' });
    expect(applied).toHaveLength(dataSource.migrations.length);
    expect(await objects()).toEqual(before);
    expect(await drift()).toEqual([]);
  });
});
