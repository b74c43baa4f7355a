import { join } from 'node:path';
import { Client } from 'pg';
import { createDataSource, loadMigrations, runMigrations } from '../adapters/postgres/data-source.js';
import { EmbeddedPostgres } from '../adapters/postgres/embedded/embedded-postgres.js';
import { eventually } from './eventually.js';
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
  /** One session, as the role that the server works as; the caller ends it. */
  connect(): Promise<Client>;
  /** One statement of the superuser. */
  admin(statement: string): Promise<void>;
  /** kill -9 of all of its processes. */
  kill9(): Promise<void>;
  /** Its own shutdown, fast (sessions are cut, everything is written) or immediate (as a crash). */
  shutDown(how: 'fast' | 'immediate'): void;
  /** Resolves when another main process than `before` takes sessions. */
  isBack(before: number, timeoutMs?: number): Promise<void>;
  /** Ends it and removes its files. */
  stop(): Promise<void>;
}

/** `dir`: where its files go, which its user must be able to enter; a folder of its own when absent. */
export async function startPrivatePostgres(
  options: { migrate?: boolean; dir?: string } = {},
): Promise<PrivatePostgres> {
  const dir = options.dir ?? makeTempDir();
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
    connect: () => connect(postgres.url),
    admin: async (statement) => {
      const client = await connect(postgres.adminUrl);
      await client.query(statement).finally(() => client.end());
    },
    kill9: () => killTree(pid()),
    shutDown: (how) => void process.kill(pid(), how === 'fast' ? 'SIGINT' : 'SIGQUIT'),
    isBack: (before, timeoutMs) => {
      const answers = async () => pid() !== before && (await takesSessions(postgres.url));
      return eventually('PostgreSQL is back', answers, timeoutMs);
    },
    stop: async () => {
      await postgres.stop();
      if (options.dir === undefined) removeTempDir(dir);
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

async function connect(url: string): Promise<Client> {
  const client = new Client({ connectionString: url });
  // A kill of PostgreSQL ends it: the next query says so.
  client.on('error', () => undefined);
  await client.connect();
  return client;
}

async function takesSessions(url: string): Promise<boolean> {
  try {
    await (await connect(url)).end();
    return true;
  } catch {
    return false;
  }
}
