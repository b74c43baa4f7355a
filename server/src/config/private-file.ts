import { randomBytes } from 'node:crypto';
import { link, open, readFile, rename, rm } from 'node:fs/promises';

/**
 * The text of a file that only its owner may read, made by `make` when it is not there. When the promise resolves the text
 * is on disk. Safe against two processes at once, and a kill half-way leaves no half file: a whole file is linked into place.
 */
export async function readOrCreatePrivateFile(path: string, make: () => string): Promise<string> {
  const present = await readIfPresent(path);
  if (present !== undefined) return present;

  const draft = `${path}.${randomBytes(6).toString('hex')}`;
  const file = await open(draft, 'wx', 0o600);
  try {
    await file.writeFile(`${make()}\n`);
    await file.sync();
    await linkIntoPlace(draft, path);
  } finally {
    await file.close();
    await rm(draft, { force: true });
  }
  return (await readFile(path, 'utf8')).trim();
}

async function linkIntoPlace(draft: string, path: string): Promise<void> {
  try {
    await link(draft, path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    // The other process was first: its text holds.
    if (code === 'EEXIST') return;
    // A file system without hard links (exFAT, some shared folders): still never half a file.
    if (code !== 'EPERM' && code !== 'ENOTSUP' && code !== 'EOPNOTSUPP') throw error;
    await rename(draft, path);
  }
}

async function readIfPresent(path: string): Promise<string | undefined> {
  try {
    return (await readFile(path, 'utf8')).trim();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
