import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { chmod, chown, mkdtemp, open, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { readOrCreatePrivateFile } from '../../../config/private-file.js';
import type { Binaries } from './binaries.js';
import { EmbeddedPostgresError } from './embedded-postgres-error.js';
import { type Guard, guardedSpawn } from './guarded-spawn.js';
import type { RunAs } from './run-as.js';

export interface Cluster {
  readonly dir: string;
  readonly password: string;
}

/** Name of the role that may do everything; the server itself works as a role that owns one database. */
export const SUPERUSER = 'postgres';

const DRAFT = 'initdb-';

export interface ClusterOptions {
  readonly home: string;
  readonly binaries: Binaries;
  readonly runAs: RunAs;
  readonly guard: Guard;
}

/** The database files, made at the first start. A kill at any moment leaves either none or whole ones. */
export async function ensureCluster(options: ClusterOptions): Promise<Cluster> {
  const { home, binaries } = options;
  const dir = join(home, 'data');
  await sweepDrafts(home);
  const passwordFile = join(home, 'password');
  if (await hasCluster(dir)) {
    await checkVersion(dir, binaries.version);
    // A chmod -R over the clone must not end it: PostgreSQL refuses files that others may read.
    await chmod(dir, 0o700);
    const password = await readFile(passwordFile, 'utf8').catch(() => {
      throw new EmbeddedPostgresError(
        `The database in ${dir} has a password, and the file ${passwordFile} is missing.`,
      );
    });
    return { dir, password: password.trim() };
  }
  // Saved before it is used: whatever is initialised can be opened again.
  const password = await readOrCreatePrivateFile(passwordFile, () => randomBytes(24).toString('base64url'));
  await initialise(options, dir, password);
  return { dir, password };
}

export function hasCluster(dir: string): Promise<boolean> {
  return stat(dir).then(
    () => true,
    () => false,
  );
}

/** A newer PostgreSQL cannot read the files of an older major version, and says so in words that help nobody. */
async function checkVersion(dir: string, version: string): Promise<void> {
  const found = (await readFile(join(dir, 'PG_VERSION'), 'utf8').catch(() => '')).trim();
  const major = version.split('.')[0];
  if (found === major) return;
  throw new EmbeddedPostgresError(
    found === ''
      ? `${dir} holds no database: move it away to start with an empty one.`
      : `The database in ${dir} was made by PostgreSQL ${found}, and this is PostgreSQL ${major}. ` +
          `Dump it with the earlier version of the server (pg_dump ${found}), move the folder away, start, and restore the dump.`,
  );
}

/** `initdb` works in a folder of another name, which becomes `data` in one step when it is whole. */
async function initialise(
  { home, binaries, runAs, guard }: ClusterOptions,
  dir: string,
  password: string,
): Promise<void> {
  const draft = await mkdtemp(join(home, DRAFT));
  const passwordFile = join(draft, 'password');
  await writeFile(passwordFile, `${password}\n`, { mode: 0o600 });
  if (runAs) for (const path of [draft, passwordFile]) await chown(path, runAs.uid, runAs.gid);
  const made = join(draft, 'data');
  await runInitdb([binaries.initdb, ...INITDB_FLAGS, `--pwfile=${passwordFile}`, '-D', made], runAs, guard);
  await rename(made, dir);
  await syncDir(home);
  await rm(draft, { recursive: true });
}

/** Sorting by code point inside PostgreSQL: the order of an index cannot change with the C library of the machine. */
const INITDB_FLAGS = [
  `--username=${SUPERUSER}`,
  '--auth=scram-sha-256',
  '--encoding=UTF8',
  '--no-locale',
  '--locale-provider=builtin',
  '--builtin-locale=C.UTF-8',
  '--data-checksums',
];

async function runInitdb(command: readonly string[], runAs: RunAs, guard: Guard): Promise<void> {
  const child = guardedSpawn(command, { runAs, guard, output: 'pipe' });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (text: string) => {
      said += text;
    });
  }
  const [code] = await once(child, 'close');
  guard(undefined);
  if (code === 0) return;
  const lastLines = said.trim().split('\n').slice(-4).join('\n');
  throw new EmbeddedPostgresError(`PostgreSQL could not create its files:\n${lastLines}`);
}

async function sweepDrafts(home: string): Promise<void> {
  for (const name of await readdir(home)) {
    if (name.startsWith(DRAFT)) await rm(join(home, name), { recursive: true, force: true });
  }
}

async function syncDir(path: string): Promise<void> {
  const folder = await open(path, 'r');
  await folder.sync();
  await folder.close();
}
