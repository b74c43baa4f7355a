import { fileURLToPath } from 'node:url';
import { DataSource } from 'typeorm';
import { ENTITIES } from './entities/index.js';

const MIGRATIONS = fileURLToPath(new URL('../../../../migrations/dist/*.js', import.meta.url));

/** The pool of everything but the append path, which holds clients of its own. */
export function createDataSource(databaseUrl: string, options: { poolSize?: number } = {}): DataSource {
  return new DataSource({
    type: 'postgres',
    url: databaseUrl,
    entities: ENTITIES,
    migrations: [MIGRATIONS],
    migrationsTableName: 'migrations',
    poolSize: options.poolSize ?? 10,
    // An idle connection that PostgreSQL ends would otherwise end this process: the pool makes a new one on demand.
    poolErrorHandler: () => undefined,
    applicationName: 'tandem',
    // `gen_random_uuid()` is built in: nothing to install.
    uuidExtension: 'pgcrypto',
    installExtensions: false,
  });
}

const MIGRATION_LOCK = 0x74616e64; // "tand": two nodes that start at once migrate one after the other

/** Applies what is pending and resolves to the names of the applied; safe to call from several processes at once. */
export async function runMigrations(dataSource: DataSource): Promise<string[]> {
  const lock = dataSource.createQueryRunner();
  try {
    await lock.query('SELECT pg_advisory_lock($1)', [MIGRATION_LOCK]);
    const applied = await dataSource.runMigrations({ transaction: 'each' });
    await lock.query('SELECT pg_advisory_unlock($1)', [MIGRATION_LOCK]);
    return applied.map((migration) => migration.name);
  } finally {
    await lock.release();
  }
}
