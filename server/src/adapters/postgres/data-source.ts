import { readdir } from 'node:fs/promises';
import type { ClientBase } from 'pg';
import { DataSource, type MigrationInterface } from 'typeorm';
import { AnsweringClient } from './answering-client.js';
import * as entities from './entities/index.js';

const MIGRATIONS = new URL('../../../../migrations/dist/', import.meta.url);

type MigrationClass = new () => MigrationInterface;

interface DataSourceOptions {
  /** Connections at most; else as many as everybody but the writers to the update log takes, and theirs. */
  readonly poolSize?: number;
  /** Writers to the update log: each keeps a connection for good, and one more writes what others hold for long. */
  readonly committers?: number;
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

/** Far beyond what a statement of the server takes, also while a disk is slow: whoever waits is told that the store is away. */
const ANSWER_MS = 10_000;
const CONNECT_MS = 5_000;
/** Statements at once, of all that is not written by a committer: loads, rights, client ids, REST, the looks of each second. */
const OTHERS = 10;
/** A connection whose other end is gone is found out within half a minute, from either end. */
const KEEP_ALIVE = { idleMs: 10_000, intervalMs: 5_000, count: 3 };

/**
 * Of every session. A node that is stopped, or whose packets are swallowed, between two statements of a transaction that
 * locks documents would keep every other node from writing them, for hours: PostgreSQL ends it (decision 002).
 * By a statement: poolers refuse most of what a startup packet could say.
 */
const SESSION = `
SET idle_in_transaction_session_timeout = '10s';
SET tcp_keepalives_idle = ${KEEP_ALIVE.idleMs / 1000};
SET tcp_keepalives_interval = ${KEEP_ALIVE.intervalMs / 1000};
SET tcp_keepalives_count = ${KEEP_ALIVE.count}`;

/** The pool of everything; the append path keeps clients of it. */
export function createDataSource(databaseUrl: string, options: DataSourceOptions = {}): DataSource {
  return new DataSource({
    type: 'postgres',
    url: databaseUrl,
    entities: Object.values(entities),
    migrations: [...(options.migrations ?? [])],
    migrationsTableName: 'migrations',
    poolSize: options.poolSize ?? OTHERS + (options.committers === undefined ? 0 : options.committers + 1),
    connectTimeoutMS: CONNECT_MS,
    extra: {
      // A connection takes 4 to 11 ms to make: one that waits for a while is no reason to end it.
      idleTimeoutMillis: 5 * 60_000,
      keepAlive: true,
      keepAliveInitialDelayMillis: KEEP_ALIVE.idleMs,
      onConnect: (client: ClientBase) => client.query(SESSION),
      Client: AnsweringClient,
      // A migration takes as long as it takes.
      ...(options.migrations ? {} : { query_timeout: ANSWER_MS }),
    },
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
