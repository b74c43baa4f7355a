import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { EmbeddedPostgresError } from './embedded-postgres-error.js';
import { commandOf } from './process-info.js';
import { until } from './until.js';

/** What a running PostgreSQL writes about itself into `postmaster.pid`: line 1 its pid, line 8 its state. */
export interface Postmaster {
  readonly pid: number;
  readonly ready: boolean;
}

export async function readPostmaster(clusterDir: string): Promise<Postmaster | undefined> {
  try {
    const lines = (await readFile(join(clusterDir, 'postmaster.pid'), 'utf8')).split('\n');
    const pid = Number(lines[0]);
    return Number.isInteger(pid) && pid > 1 ? { pid, ready: lines[7]?.trim() === 'ready' } : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Makes way for a new start: what an earlier one left behind on these files is ended, and a lock file that only looks alive is
 * removed. PostgreSQL itself refuses to start when any process of the same user has the recorded pid, also a stranger that
 * came by the number later. Two PostgreSQL on one set of files stay impossible: the shared memory segment is locked as well.
 */
export async function clearWay(clusterDir: string, log: (line: string) => void, timeoutMs = 30_000): Promise<void> {
  const orphan = await runningPid(clusterDir);
  if (orphan !== undefined) {
    log(`PostgreSQL of an earlier start still runs (pid ${orphan}): stopping it`);
    await stopPid(orphan, clusterDir, timeoutMs);
  }
  await rm(join(clusterDir, 'postmaster.pid'), { force: true });
}

/** The pid of the process that really runs on these files: its command line names them. */
export async function runningPid(clusterDir: string): Promise<number | undefined> {
  const postmaster = await readPostmaster(clusterDir);
  if (postmaster === undefined) return undefined;
  return (await runsOn(postmaster.pid, clusterDir)) ? postmaster.pid : undefined;
}

/** With the spaces around, or `data` would be found in `data2`. */
async function runsOn(pid: number, clusterDir: string): Promise<boolean> {
  return ` ${await commandOf(pid)} `.includes(` ${clusterDir} `);
}

async function stopPid(pid: number, clusterDir: string, timeoutMs: number): Promise<void> {
  const gone = async () => ((await runsOn(pid, clusterDir)) ? undefined : true);
  // SIGINT is a fast shutdown: sessions are cut, everything is written. SIGQUIT ends at once; the next start replays the log.
  for (const signal of ['SIGINT', 'SIGQUIT'] as const) {
    signalPid(pid, signal);
    if (await until(gone, { timeoutMs: timeoutMs / 2 })) return;
  }
  throw new EmbeddedPostgresError(`PostgreSQL of an earlier start (pid ${pid}) does not end; end it and start again.`);
}

function signalPid(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ESRCH') return;
    if (code !== 'EPERM') throw error;
    throw new EmbeddedPostgresError(
      `PostgreSQL of an earlier start (pid ${pid}) belongs to another user; end it first.`,
    );
  }
}
