import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chmod, mkdir, readFile, rename, stat, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { EmbeddedPostgresError } from './embedded-postgres-error.js';
import type { RunAs } from './run-as.js';

const run = promisify(execFile);

/** Others may pass through (PostgreSQL runs as another user when we are root) but not look around. */
const PASSABLE = 0o711;

export interface HomeOptions {
  readonly dataDir: string;
  readonly stateDir: string;
  readonly runAs: RunAs;
  readonly log: (line: string) => void;
}

/**
 * The folder for the database files, the password and the log: in the data dir, unless the user that PostgreSQL runs as cannot
 * enter that. Then it is a folder of this clone's own in the state dir, and the file `location` in the data dir names it.
 */
export async function findHome(options: HomeOptions): Promise<string> {
  const { dataDir, runAs, log } = options;
  await makeDir(dataDir);
  const inside = join(dataDir, 'postgres');
  const outside = await namedElsewhere(dataDir);
  if (outside === undefined && (await canUse(inside, runAs))) return inside;

  const home = outside ?? (await newHomeOutside(options));
  if (outside === undefined && (await isThere(join(inside, 'data')))) await moveCluster(inside, home);
  log(`PostgreSQL keeps its files in ${home}: its user cannot enter ${dataDir}`);
  return home;
}

/** Where the files are if there are any; nothing is checked and nothing made. */
export async function currentHome(dataDir: string): Promise<string> {
  return (await lineOf(join(dataDir, 'location'))) || join(dataDir, 'postgres');
}

/** The folder that `location` names, if it is still this data dir's. */
async function namedElsewhere(dataDir: string): Promise<string | undefined> {
  const named = await lineOf(join(dataDir, 'location'));
  if (named === '') return undefined;
  const ownerFile = join(named, 'owner');
  const owner = await lineOf(ownerFile);
  // Never start empty where there was data: a missing folder may be a disk that is not mounted yet.
  if (owner === '') {
    throw new EmbeddedPostgresError(
      `${join(dataDir, 'location')} names ${named} for the database, and that is missing. ` +
        'Bring it back, or delete the file to start with an empty database.',
    );
  }
  if (owner === dataDir) return named;
  // A clone that was copied together with its data dir must not write into the database of the first; a moved one must find its own.
  if ((await lineOf(join(owner, 'location'))) === named) return undefined;
  await writeFile(ownerFile, `${dataDir}\n`);
  return named;
}

async function newHomeOutside({ dataDir, stateDir, runAs }: HomeOptions): Promise<string> {
  await makeDir(stateDir);
  const home = join(stateDir, `${basename(dirname(dataDir))}-${randomBytes(4).toString('hex')}`);
  if (!(await canUse(home, runAs))) {
    throw new EmbeddedPostgresError(
      `The user that PostgreSQL runs as can enter neither ${dataDir} nor ${stateDir}: set TANDEM_STATE_DIR to a folder that it can.`,
    );
  }
  await writeFile(join(home, 'owner'), `${dataDir}\n`);
  await writeFile(join(dataDir, 'location'), `${home}\n`);
  return home;
}

/** The clone was closed to others after its first start. */
async function moveCluster(from: string, to: string): Promise<void> {
  for (const name of ['password', 'data']) {
    await rename(join(from, name), join(to, name)).catch((error: Error) => {
      throw new EmbeddedPostgresError(
        `The user that PostgreSQL runs as can no longer enter ${from}. Move the folder data and the file password from there to ${to}.`,
        { cause: error },
      );
    });
  }
}

/** Whether that user can enter the folder, and the file system keeps modes: PostgreSQL refuses files that others may read. */
async function canUse(folder: string, runAs: RunAs): Promise<boolean> {
  await makeDir(folder);
  // Fails where the folder is another user's, who made it so.
  await chmod(folder, PASSABLE).catch(() => {});
  if (((await stat(folder)).mode & 0o066) !== 0) return false;
  return run('/bin/sh', ['-c', 'cd "$1"', 'sh', folder], { ...runAs, cwd: '/' }).then(
    () => true,
    () => false,
  );
}

async function lineOf(file: string): Promise<string> {
  return (await readFile(file, 'utf8').catch(() => '')).trim();
}

async function makeDir(folder: string): Promise<void> {
  try {
    // The umask may take away what the mode grants.
    if (await mkdir(folder, { recursive: true })) await chmod(folder, PASSABLE);
  } catch (error) {
    throw new EmbeddedPostgresError(`Cannot create ${folder}: ${(error as Error).message}`, { cause: error });
  }
}

function isThere(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
