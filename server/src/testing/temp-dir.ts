import { chmodSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isRunning } from './processes.js';

const PREFIX = 'tandem-test-';

/** A folder outside the clone that PostgreSQL's user can pass through; named after this process, so that leftovers can be told. */
export function makeTempDir(): string {
  const dir = mkdtempSync(join(tmpdir(), `${PREFIX}${process.pid}-`));
  chmodSync(dir, 0o711);
  return dir;
}

export function removeTempDir(dir: string): void {
  // A PostgreSQL that is just ending may still write.
  rmSync(dir, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
}

/** Removes what killed test runs have left. */
export function sweepTempDirs(): void {
  for (const name of readdirSync(tmpdir())) {
    const pid = Number(new RegExp(`^${PREFIX}(\\d+)-`).exec(name)?.[1]);
    if (pid && !isRunning(pid)) removeTempDir(join(tmpdir(), name));
  }
}
