import { fileURLToPath } from 'node:url';
import { DataSource } from 'typeorm';
import * as entities from './entities/index.js';

const MIGRATIONS = fileURLToPath(new URL('../../../../migrations/dist/*.js', import.meta.url));

interface DataSourceOptions {
  readonly poolSize?: number;
  /**
   * Whether migrations are loaded: only for `runMigrations` and TypeORM's commands. The application needs none of them,
   * and the `import()` that TypeORM loads them by cannot be repeated in jest, which ends the module loader with each file.
   */
  readonly migrations?: 'loaded' | 'none';
}

/** The pool of everything but the append path, which holds clients of its own. */
export function createDataSource(databaseUrl: string, options: DataSourceOptions = {}): DataSource {
  return new DataSource({
    type: 'postgres',
    url: databaseUrl,
    entities: Object.values(entities),
    migrations: options.migrations === 'loaded' ? [MIGRATIONS] : [],
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

/**
 * Applies what is pending and resolves to the names of the applied; safe to call from several processes at once. The data
 * source must have been created with `migrations: 'loaded'`.
 */
export async function runMigrations(dataSource: DataSource): Promise<string[]> {
  // Else an empty database would pass for one that is up to date.
  if (dataSource.migrations.length === 0) throw new Error('No migrations are loaded');
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
