import { execFile } from 'node:child_process';
import { stat } from 'node:fs/promises';
import { promisify } from 'node:util';
import { EmbeddedPostgresError } from './embedded-postgres-error.js';

const run = promisify(execFile);

/** The user that PostgreSQL runs as; undefined means: as whoever started the server. */
export type RunAs = { readonly uid: number; readonly gid: number } | undefined;

export function isRoot(): boolean {
  return process.getuid?.() === 0;
}

/**
 * PostgreSQL refuses to run as root. `initdb` looks up the name of its user, so a bare number will not do: we take a user that
 * every system has. `postgres` first, because nothing else runs under that name.
 */
export async function unprivilegedUser(): Promise<RunAs> {
  if (!isRoot()) return undefined;
  for (const name of ['postgres', 'nobody', 'daemon']) {
    const [uid, gid] = await Promise.all([idOf('-u', name), idOf('-g', name)]);
    if (uid && gid) return { uid, gid };
  }
  throw new EmbeddedPostgresError(
    'PostgreSQL refuses to run as root, and there is no user postgres, nobody or daemon to run it as. ' +
      'Start the server as an ordinary user, or set DATABASE_URL.',
  );
}

/** Data that exists can only be run by the user who owns it, whatever we would choose today. */
export async function ownerOf(clusterDir: string): Promise<RunAs> {
  const { uid, gid } = await stat(clusterDir);
  if (uid === 0) {
    throw new EmbeddedPostgresError(
      `The database in ${clusterDir} belongs to root, and PostgreSQL refuses to run as root: give it to another user (chown -R).`,
    );
  }
  if (uid === process.getuid?.()) return undefined;
  if (isRoot()) return { uid, gid };
  throw new EmbeddedPostgresError(
    `The database in ${clusterDir} belongs to another user (id ${uid}): start the server as that user or as root.`,
  );
}

async function idOf(flag: '-u' | '-g', name: string): Promise<number | undefined> {
  try {
    return Number((await run('id', [flag, name])).stdout.trim()) || undefined;
  } catch {
    return undefined;
  }
}
