import { type ChildProcess, spawn } from 'node:child_process';
import type { RunAs } from './run-as.js';

/**
 * PostgreSQL runs in a session of its own, so that Ctrl-C reaches our drain first; a server killed with -9 would then leave it
 * running for ever. This shell holds the other end of a pipe: the kernel closes our end however we die, and the shell stops
 * whatever pid it was told last. SIGINT is PostgreSQL's fast shutdown, SIGQUIT its immediate one.
 */
const SCRIPT = `
pid=
while read -r line; do pid=$line; done
[ -n "$pid" ] || exit 0
kill -INT "$pid" 2>/dev/null || exit 0
n=0
while kill -0 "$pid" 2>/dev/null; do
  n=$((n + 1))
  [ "$n" -lt 100 ] || { kill -QUIT "$pid"; exit 0; }
  sleep 0.2
done
`;

/** A shell that cannot stay must not keep the processor busy. */
const RESPAWN_MS = 100;

export class Watchdog {
  #shell: ChildProcess | undefined;
  #guarded = '';

  constructor(
    private readonly runAs: RunAs,
    /** Shown by `ps`, so that a person can tell whose watchdog it is. */
    private readonly home: string,
    private readonly log: (line: string) => void,
  ) {
    this.#start();
  }

  /** From now on this process ends when we do; undefined means none. */
  guard(pid: number | undefined): void {
    this.#guarded = String(pid ?? '');
    this.#tell();
  }

  /** The guarded process is let go. */
  close(): void {
    this.guard(undefined);
    const shell = this.#shell;
    this.#shell = undefined;
    shell?.stdin?.end();
  }

  #start(): void {
    const shell = spawn('/bin/sh', ['-c', SCRIPT, 'tandem-postgres-watchdog', this.home], {
      ...this.runAs,
      cwd: '/',
      detached: true,
      stdio: ['pipe', 'ignore', 'ignore'],
      env: { PATH: '/usr/bin:/bin' },
    });
    this.#shell = shell;
    // The end of the shell is reported by its `exit`; without a listener this error would end the server.
    shell.stdin?.on('error', () => {});
    shell.once('error', (error) => this.log(`PostgreSQL would outlive a killed server: ${error.message}`));
    shell.once('exit', () => {
      const replace = () => this.#shell === shell && this.#start();
      setTimeout(replace, RESPAWN_MS).unref();
    });
    // The guard must not be what keeps a process alive that has nothing left to do.
    shell.unref();
    this.#tell();
  }

  #tell(): void {
    this.#shell?.stdin?.write(`${this.#guarded}\n`);
  }
}
