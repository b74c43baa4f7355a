import { readdir } from 'node:fs/promises';
import { DataSource, type MigrationInterface } from 'typeorm';
import * as entities from './entities/index.js';

const MIGRATIONS = new URL('../../../../migrations/dist/', import.meta.url);

type MigrationClass = new () => MigrationInterface;

interface DataSourceOptions {
  readonly poolSize?: number;
  /** Only for `runMigrations` and TypeORM's commands, see `loadMigrations`. */
  readonly migrations?: readonly MigrationClass[];
}

/**
 * The built migrations. Not by a pattern that TypeORM resolves: its search begins at a folder above both the pattern and the
 * working directory, finds nothing where that folder cannot be read, and an empty list would pass for "up to date".
 */
export async function loadMigrations(): Promise<MigrationClass[]> {
  const files = (await readdir(MIGRATIONS)).filter((name) => name.endsWith('.js')).sort();
  const modules = await Promise.all(files.map((name) => import(new URL(name, MIGRATIONS).href)));
  return modules.flatMap((module: Record<string, MigrationClass>) => Object.values(module));
}

/** The pool of everything but the append path, which holds clients of its own. */
export function createDataSource(databaseUrl: string, options: DataSourceOptions = {}): DataSource {
  return new DataSource({
    type: 'postgres',
    url: databaseUrl,
    entities: Object.values(entities),
    migrations: [...(options.migrations ?? [])],
    migrationsTableName: 'migrations',
    poolSize: options.poolSize ?? 10,
    // A connection takes 4 to 11 ms to make: one that waits for a while is no reason to end it.
    extra: { idleTimeoutMillis: 5 * 60_000 },
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
 * source must have been created with the migrations.
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
