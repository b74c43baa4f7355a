import type { DataSource } from 'typeorm';
import { KeySealing } from './adapters/crypto/key-sealing.js';
import { newSigningKey } from './adapters/crypto/new-signing-key.js';
import { PostgresAuditLog } from './adapters/postgres/audit-log.js';
import { createDataSource } from './adapters/postgres/data-source.js';
import { EmbeddedPostgres } from './adapters/postgres/embedded/embedded-postgres.js';
import { EmbeddedPostgresError } from './adapters/postgres/embedded/embedded-postgres-error.js';
import { PostgresSigningKeyStore } from './adapters/postgres/signing-key-store.js';
import type { AppConfig } from './config/app-config.js';
import { ConfigError } from './config/config-error.js';
import { readEnvironment } from './config/environment.js';
import { loadConfig } from './config/load-config.js';
import { resolveSecret } from './config/resolve-secret.js';
import type { StoredSigningKey } from './core/access/signing-keys.js';
import { prepareDataDir } from './platform/lifecycle/data-dir.js';
import { InstanceLock } from './platform/lifecycle/instance-lock.js';
import { StartError } from './platform/lifecycle/start-error.js';

/**
 * `npm run keys:list`, `keys:rotate`, `keys:drop -- <kid>`: the keys that access tokens are signed with, in the database of
 * `DATABASE_URL`, while its servers run. Without it, in the server's own PostgreSQL, which must not run then.
 */
const USAGE = 'Use one of: npm run keys:list, npm run keys:rotate, npm run keys:drop -- <kid>';
const PLAIN_ERRORS = [ConfigError, EmbeddedPostgresError, StartError];

async function run([command, kid]: readonly string[]): Promise<void> {
  const isKnown = command === 'list' || command === 'rotate' || (command === 'drop' && kid !== undefined);
  if (!isKnown) throw new StartError(USAGE);
  const config = loadConfig(readEnvironment());
  await prepareDataDir(config.dataDir);
  const sealing = new KeySealing(await resolveSecret(config));
  await withDatabase(config, async (database) => {
    const store = new PostgresSigningKeyStore(database);
    const known = await store.all();
    const opens = known.every(({ privateKey, kid }) => sealing.open(privateKey, kid) !== undefined);
    if (!opens) throw new StartError('The keys were encrypted under another TANDEM_SECRET: use that of the servers');
    const audit = new PostgresAuditLog(database);
    if (command === 'rotate') {
      const key = await newSigningKey(sealing);
      await store.rotate(key, config.signingKeyLead);
      await audit.record({ action: 'key.rotated', target: key.kid, details: { by: 'command' } });
    }
    if (command === 'drop') {
      if (!(await store.drop(kid!, await newSigningKey(sealing)))) throw new StartError(`There is no key ${kid}`);
      await audit.record({ action: 'key.dropped', target: kid!, details: { by: 'command' } });
    }
    for (const key of await store.all()) say(`${key.kid}  ${stateOf(key, config)}`);
    if (command === 'drop') say('What it signed is refused as soon as every node has looked, which takes 5 s at most.');
  });
}

function stateOf({ signsAt, retiredAt }: StoredSigningKey, { accessTokenTtl }: AppConfig): string {
  const now = Date.now();
  if (signsAt > now) return `published, signs from ${timeOf(signsAt)}`;
  if (retiredAt === null) return `signs since ${timeOf(signsAt)}`;
  if (retiredAt > now) return `signs until ${timeOf(retiredAt)}`;
  return `verifies until ${timeOf(retiredAt + accessTokenTtl * 1000)}`;
}

const timeOf = (ms: number) => new Date(ms).toISOString();

async function withDatabase(config: AppConfig, work: (database: DataSource) => Promise<void>): Promise<void> {
  if (config.databaseUrl !== undefined) return connected(config.databaseUrl, work);
  const { dataDir, stateDir } = config;
  const lock = await InstanceLock.acquire(dataDir);
  try {
    const postgres = await EmbeddedPostgres.start({ dataDir, stateDir, log: say });
    await connected(postgres.url, work).finally(() => postgres.stop(4_000));
  } finally {
    await lock.release();
  }
}

async function connected(url: string, work: (database: DataSource) => Promise<void>): Promise<void> {
  const database = await createDataSource(url, { poolSize: 1 })
    .initialize()
    .catch((error: Error) => {
      throw new StartError(`Cannot use the database: ${error.message}`, { cause: error });
    });
  await work(database).finally(() => database.destroy());
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

run(process.argv.slice(2)).catch((error: unknown) => {
  const isPlain = PLAIN_ERRORS.some((kind) => error instanceof kind);
  process.stderr.write(`${isPlain ? (error as Error).message : (error as Error).stack}\n`);
  process.exitCode = error instanceof ConfigError ? ConfigError.exitCode : 1;
});
