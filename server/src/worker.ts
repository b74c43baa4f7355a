import pino from 'pino';
import { checkDurability, UnsafeDatabase } from './adapters/postgres/durability.js';
import { ConfigError } from './config/config-error.js';
import { readEnvironment } from './config/environment.js';
import { loadConfig } from './config/load-config.js';
import { Shutdown } from './platform/lifecycle/shutdown.js';
import { StartError } from './platform/lifecycle/start-error.js';
import { StartReport } from './platform/lifecycle/start-report.js';
import { createLogger } from './platform/logging/create-logger.js';

/** `npm run start:worker`: answers AI requests of the servers that share its database. */
const report = new StartReport((text) => void process.stdout.write(text));
const shutdown = new Shutdown({ totalMs: 9_500, say: (line) => report.line(line), logFatal, exit: process.exit });

async function start(): Promise<void> {
  const config = await report.step('configuration', () => loadConfig(readEnvironment()));
  const { databaseUrl } = config;
  if (!databaseUrl) throw new StartError('A worker needs the DATABASE_URL of the servers that it works for');
  await checkDatabase(databaseUrl, config.allowUnsafeDatabase);
  const { createWorker } = await import('./worker.module.js');
  const logger = createLogger({
    level: config.logLevel,
    pretty: process.stderr.isTTY === true && config.nodeEnv !== 'production',
  });
  const worker = await report.step('worker', () =>
    createWorker({ config, databaseUrl, logger }).catch((error: Error) => {
      throw new StartError(`Cannot begin: ${error.message}`, { cause: error });
    }),
  );
  shutdown.onStop('The worker', 8_000, () => worker.close());
  report.line(`\nThe worker is ready after ${report.elapsed}.\n`);
}

/** What it writes of requests and diagnostics is worth as little on a database that forgets as what the servers write. */
async function checkDatabase(databaseUrl: string, isAllowed: boolean): Promise<void> {
  const { createDataSource } = await import('./adapters/postgres/data-source.js');
  const dataSource = createDataSource(databaseUrl, { poolSize: 1 });
  try {
    await dataSource.initialize();
    for (const warning of await checkDurability(dataSource, { isAllowed })) report.line(`  ! ${warning}`);
  } catch (error) {
    if (error instanceof UnsafeDatabase) throw error;
    throw new StartError(`Cannot use the database: ${(error as Error).message}`, { cause: error });
  } finally {
    if (dataSource.isInitialized) await dataSource.destroy();
  }
}

function logFatal(error: unknown): void {
  // Written at once: the process may have no further turn of the event loop.
  pino({ name: 'tandem-worker' }, pino.destination({ dest: 2, sync: true })).fatal(error, 'unexpected error');
}

function fail(error: unknown): Promise<void> {
  const isPlain = [ConfigError, StartError, UnsafeDatabase].some((kind) => error instanceof kind);
  if (isPlain) process.stderr.write(`\n${(error as Error).message}\n`);
  else logFatal(error);
  return shutdown.stop(error instanceof ConfigError ? ConfigError.exitCode : 1);
}

process.stdout.on('error', () => {});
shutdown.listen();
start().catch((error) => (shutdown.stopping ? undefined : fail(error)));
