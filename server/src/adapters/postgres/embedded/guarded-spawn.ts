import { type ChildProcess, spawn } from 'node:child_process';
import type { RunAs } from './run-as.js';

/** Told the pid of the process that must end when we do; undefined when there is none. */
export type Guard = (pid: number | undefined) => void;

/**
 * The child waits behind this gate until the watchdog knows its pid: were we killed between starting it and telling, nobody
 * would ever stop it. If we die first, `read` fails at the closed pipe and nothing is started. `exec` keeps the pid.
 */
const GATE = 'read -r go && exec "$@" </dev/null';

export interface GuardedSpawnOptions {
  readonly runAs: RunAs;
  readonly guard: Guard;
  /** For both of its outputs. */
  readonly output: 'pipe' | number;
}

export function guardedSpawn(command: readonly string[], { runAs, guard, output }: GuardedSpawnOptions): ChildProcess {
  const child = spawn('/bin/sh', ['-c', GATE, 'sh', ...command], {
    ...runAs,
    cwd: '/',
    // Nothing of ours: the environment of the server holds secrets.
    env: { LC_ALL: 'C' },
    // A session of its own: Ctrl-C in the terminal goes to us alone, and we decide the order in which things end.
    detached: true,
    stdio: ['pipe', output, output],
  });
  // An end of the child before it has read is reported by its exit.
  child.stdin?.on('error', () => {});
  guard(child.pid);
  child.stdin?.end('go\n');
  return child;
}
