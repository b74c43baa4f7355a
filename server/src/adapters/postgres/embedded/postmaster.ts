import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, existsSync, openSync, readFileSync, renameSync, statSync } from 'node:fs';
import type { Binaries } from './binaries.js';
import { type Guard, guardedSpawn } from './guarded-spawn.js';
import { readPostmaster } from './postmaster-pid.js';
import type { RunAs } from './run-as.js';
import { until } from './until.js';

export interface PostmasterOptions {
  readonly binaries: Binaries;
  readonly runAs: RunAs;
  readonly clusterDir: string;
  readonly logFile: string;
  readonly port: number;
  readonly guard: Guard;
}

/** How one run of PostgreSQL ended, in words, with what it wrote last. */
export interface End {
  readonly how: string;
  readonly lastLines: string;
}

/** One run of PostgreSQL, from its start to its end. */
export class PostmasterRun {
  readonly ended: Promise<End>;
  readonly #child: ChildProcess;
  #over = false;

  constructor(private readonly options: PostmasterOptions) {
    const { binaries, runAs, clusterDir, logFile, port, guard } = options;
    rotate(logFile);
    const offset = existsSync(logFile) ? statSync(logFile).size : 0;
    // Straight into a file, not through us: PostgreSQL must be able to write its last words when we are gone.
    const log = openSync(logFile, 'a', 0o600);
    this.#child = guardedSpawn([binaries.postgres, '-D', clusterDir, ...settings(port)], { runAs, guard, output: log });
    closeSync(log);
    this.ended = this.#waitForEnd(() => writtenSince(logFile, offset));
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  /** Resolves to true when it takes sessions, to false when it ended or did not get there in time. */
  async ready(timeoutMs: number): Promise<boolean> {
    const answer = await until(
      async () => {
        if (this.#over) return false;
        const postmaster = await readPostmaster(this.options.clusterDir);
        return postmaster?.pid === this.pid && postmaster?.ready ? true : undefined;
      },
      { timeoutMs },
    );
    return answer ?? false;
  }

  /** Fast shutdown, then by harder means. Resolves when the process is gone. */
  async stop(graceMs: number): Promise<void> {
    for (const [signal, waitMs] of [
      ['SIGINT', graceMs],
      ['SIGQUIT', 2_000],
      ['SIGKILL', 2_000],
    ] as const) {
      if (this.#over) return;
      this.#child.kill(signal);
      await until(() => this.#over || undefined, { timeoutMs: waitMs, everyMs: 10 });
    }
  }

  async #waitForEnd(written: () => string): Promise<End> {
    const how = await Promise.race([
      once(this.#child, 'exit').then(([code, signal]) => (signal ? `by ${signal}` : `with code ${code}`)),
      once(this.#child, 'error').then(([error]) => (error as Error).message),
    ]).catch((error: Error) => error.message);
    this.#over = true;
    return { how, lastLines: written().trim().split('\n').slice(-6).join('\n') };
  }
}

/** Given on the command line, where no edit of a file in the data dir can undo them. */
function settings(port: number): string[] {
  const values = {
    listen_addresses: '127.0.0.1',
    port: String(port),
    // A socket in a shared folder would be one more door, and its path may be too long.
    unix_socket_directories: '',
    // What is acknowledged must survive: these three are the promise of the update log.
    fsync: 'on',
    full_page_writes: 'on',
    synchronous_commit: 'on',
    timezone: 'UTC',
    log_timezone: 'UTC',
    // Statements and the details of errors could hold text of documents or addresses of people.
    log_error_verbosity: 'terse',
    log_min_error_statement: 'panic',
    log_parameter_max_length_on_error: '0',
  };
  return Object.entries(values).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
}

/** What cannot be read any more is not worth an error of its own. */
function writtenSince(logFile: string, offset: number): string {
  try {
    return readFileSync(logFile).subarray(offset).toString('utf8');
  } catch {
    return '';
  }
}

function rotate(logFile: string): void {
  if (existsSync(logFile) && statSync(logFile).size > 10_000_000) renameSync(logFile, `${logFile}.1`);
}
