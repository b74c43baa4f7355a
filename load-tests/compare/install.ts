import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const HOME = import.meta.dirname;
const STAMP = join(HOME, 'node_modules', '.installed-lock');

/** On first use, from a lock of its own, and again when that changes. No install script runs. */
export const installOthers = (): void => {
  const lock = createHash('sha256')
    .update(readFileSync(join(HOME, 'package-lock.json')))
    .digest('hex');
  if (existsSync(STAMP) && readFileSync(STAMP, 'utf8') === lock) return;
  console.error('Installing the other servers below load-tests/compare, once ...');
  // What npm has set for the workspace root must not reach this install.
  const env = Object.fromEntries(Object.entries(process.env).filter(([key]) => !key.startsWith('npm_')));
  const { status } = spawnSync('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: HOME,
    env,
    stdio: ['ignore', 'ignore', 'inherit'],
    timeout: 300_000,
  });
  if (status !== 0) throw new Error(`npm ci in load-tests/compare ended with ${status}`);
  writeFileSync(STAMP, lock);
};
