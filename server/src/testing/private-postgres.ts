import { join } from 'node:path';
import { createDataSource, loadMigrations, runMigrations } from '../adapters/postgres/data-source.js';
import { EmbeddedPostgres } from '../adapters/postgres/embedded/embedded-postgres.js';
import { killTree, processTree } from './processes.js';
import { makeTempDir, removeTempDir } from './temp-dir.js';

/** A PostgreSQL of one test's own, to be killed at will; it is started again on the same port, as in the server. */
export interface PrivatePostgres {
  /** A migrated database, as the role that the server works as. */
  readonly url: string;
  readonly adminUrl: string;
  /** Of the main process; another one after each start. */
  readonly pid: number;
  /** What it said about its ends and starts. */
  readonly log: readonly string[];
  /** The main process and its children, to kill or freeze single ones. */
  pids(): Promise<number[]>;
  /** kill -9 of all of its processes. */
  kill9(): Promise<void>;
  /** Ends it and removes its files. */
  stop(): Promise<void>;
}

export async function startPrivatePostgres(options: { migrate?: boolean } = {}): Promise<PrivatePostgres> {
  const dir = makeTempDir();
  const log: string[] = [];
  const postgres = await EmbeddedPostgres.start({
    dataDir: join(dir, 'data'),
    stateDir: join(dir, 'state'),
    log: (line) => log.push(line),
  });
  const pid = () => postgres.pid ?? 0;
  if (options.migrate ?? true) await migrate(postgres.url);
  return {
    url: postgres.url,
    adminUrl: postgres.adminUrl,
    get pid() {
      return pid();
    },
    log,
    pids: () => processTree(pid()),
    kill9: () => killTree(pid()),
    stop: async () => {
      await postgres.stop();
      removeTempDir(dir);
    },
  };
}

export async function migrate(url: string): Promise<void> {
  const dataSource = await createDataSource(url, { migrations: await loadMigrations() }).initialize();
  try {
    await runMigrations(dataSource);
  } finally {
    await dataSource.destroy();
  }
}
