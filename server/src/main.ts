import type { INestApplication } from '@nestjs/common';
import pino from 'pino';
import { checkDurability, UnsafeDatabase } from './adapters/postgres/durability.js';
import { EmbeddedPostgres } from './adapters/postgres/embedded/embedded-postgres.js';
import { EmbeddedPostgresError } from './adapters/postgres/embedded/embedded-postgres-error.js';
import type { AppConfig } from './config/app-config.js';
import { ConfigError } from './config/config-error.js';
import { readEnvironment } from './config/environment.js';
import { loadConfig } from './config/load-config.js';
import { resolveSecret } from './config/resolve-secret.js';
import { prepareDataDir } from './platform/lifecycle/data-dir.js';
import { InstanceLock } from './platform/lifecycle/instance-lock.js';
import { listen } from './platform/lifecycle/listen.js';
import { Shutdown } from './platform/lifecycle/shutdown.js';
import { StartError } from './platform/lifecycle/start-error.js';
import { StartReport } from './platform/lifecycle/start-report.js';

type Database = typeof import('./adapters/postgres/data-source.js');

/** What the person at the terminal can mend is said without a stack. */
const PLAIN_ERRORS = [ConfigError, EmbeddedPostgresError, StartError, UnsafeDatabase];

// What people read goes to stdout, what machines read to stderr.
const report = new StartReport((text) => void process.stdout.write(text));
const shutdown = new Shutdown({ totalMs: 9_500, say: (line) => report.line(line), logFatal, exit: process.exit });

/** Each thing is registered for its stop right after it is started: a signal in the middle of the start stops what is there. */
async function start(): Promise<void> {
  const config = await report.step('configuration', () => loadConfig(readEnvironment()));
  await prepareDataDir(config.dataDir);
  const lock = config.databaseUrl ? undefined : await InstanceLock.acquire(config.dataDir);
  const secret = await resolveSecret(config);
  // Loading the code takes about as long as PostgreSQL's first start: side by side, and after the settings were found good.
  const [databaseUrl, { createApp }, database] = await Promise.all([
    config.databaseUrl ?? startPostgres(config),
    import('./app.module.js'),
    import('./adapters/postgres/data-source.js'),
  ]);
  await migrate(database, databaseUrl, config);

  const { app, demoLink } = await report.step('application', () => createApp({ config, databaseUrl, secret }));
  shutdown.onStop('The application', 5_000, () => app.close());
  const link = demoLink && (await report.step('demo project', demoLink));
  const url = await report.step('listening', (note) => open(app, config, note));

  lock?.announce('running', url);
  shutdown.onStop('The lock', 100, async () => lock?.announce('stopping', url));
  report.line(`\nTandem is ready after ${report.elapsed}. Open ${new URL(link ?? '', `${url}/`).href}\n`);
}

async function startPostgres({ dataDir, stateDir }: AppConfig): Promise<string> {
  const postgres = await report.step('PostgreSQL', async (note) => {
    const started = await EmbeddedPostgres.start({ dataDir, stateDir, log: (line) => report.line(`  ${line}`) });
    shutdown.onStop('PostgreSQL', 8_000, () => started.stop(4_000));
    note(`version ${started.version}, data in ${started.home}`);
    return started;
  });
  return postgres.url;
}

async function migrate(
  { createDataSource, loadMigrations, runMigrations }: Database,
  databaseUrl: string,
  { allowUnsafeDatabase: isAllowed }: AppConfig,
): Promise<void> {
  await report.step('migrations', async (note) => {
    const dataSource = await createDataSource(databaseUrl, { migrations: await loadMigrations() })
      .initialize()
      .catch((error: Error) => {
        throw new StartError(`Cannot use the database: ${error.message}`, { cause: error });
      });
    try {
      for (const warning of await checkDurability(dataSource, { isAllowed })) report.line(`  ! ${warning}`);
      const applied = await runMigrations(dataSource);
      note(applied.length > 0 ? `${applied.length} applied` : 'up to date');
    } finally {
      await dataSource.destroy();
    }
  });
}

async function open(app: INestApplication, { host, port, publicUrl }: AppConfig, note: (words: string) => void) {
  const address = await listen(app, port, host);
  note(address);
  return publicUrl ?? address;
}

function logFatal(error: unknown): void {
  // Written at once: the process may have no further turn of the event loop.
  pino({ name: 'tandem' }, pino.destination({ dest: 2, sync: true })).fatal(error, 'unexpected error');
}

function fail(error: unknown): Promise<void> {
  if (PLAIN_ERRORS.some((kind) => error instanceof kind)) process.stderr.write(`\n${(error as Error).message}\n`);
  else logFatal(error);
  return shutdown.stop(error instanceof ConfigError ? ConfigError.exitCode : 1);
}

// `npm start | head` closes our stdout; that is no reason to end.
process.stdout.on('error', () => {});
shutdown.listen();
start().catch((error) => (shutdown.stopping ? undefined : fail(error)));
