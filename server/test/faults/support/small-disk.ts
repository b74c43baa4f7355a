import { execFileSync } from 'node:child_process';
import { closeSync, openSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { describe } from '@jest/globals';
import { makeTempDir, removeTempDir } from '../../../src/testing/temp-dir.js';

/** A disk in memory that a test can fill. Only root may mount it. */
export class SmallDisk {
  readonly dir = makeTempDir();

  /** Large enough for a new PostgreSQL and little more. */
  constructor(megabytes: number) {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${megabytes}m,mode=0711`, 'tandem-test', this.dir]);
  }

  /** Takes all that is free. Returns the number of bytes. */
  fill(): number {
    const file = openSync(this.filler, 'w');
    const chunk = Buffer.alloc(64 * 1024);
    let bytes = 0;
    try {
      for (let written = chunk.length; written > 0; bytes += written) written = writeSync(file, chunk);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
    } finally {
      closeSync(file);
    }
    return bytes;
  }

  free(): void {
    rmSync(this.filler, { force: true });
  }

  remove(): void {
    execFileSync('umount', [this.dir]);
    removeTempDir(this.dir);
  }

  private get filler(): string {
    return join(this.dir, 'filler');
  }
}

/** `describe` for specs that mount a disk; skipped for other users, which is said aloud, and an error under CI. */
export function describeAsRoot(title: string, body: () => void): void {
  if (process.getuid?.() === 0) {
    describe(title, body);
    return;
  }
  const words = 'only root may mount a small disk';
  if (process.env.CI) throw new Error(`${title}: ${words}`);
  process.stderr.write(`SKIPPED ${title}: ${words}\n`);
  describe.skip(title, body);
}
