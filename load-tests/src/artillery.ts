import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { STAGE_FILE, type Stage } from '../artillery/src/stage.ts';
import type { ScenarioName } from './scenarios.ts';
import type { Settings } from './settings.ts';
import type { Report } from './verdict.ts';

const HOME = join(import.meta.dirname, '..', 'artillery');
const STAMP = join(HOME, 'node_modules', '.installed-lock');

/** Half a gigabyte that nothing else needs: installed on first use, from a lock of its own, and again when that changes. */
export async function installArtillery(signal: AbortSignal): Promise<void> {
  const lock = createHash('sha256')
    .update(readFileSync(join(HOME, 'package-lock.json')))
    .digest('hex');
  if (readIfPresent(STAMP) === lock) return;
  console.log('Installing Artillery below load-tests/artillery, once (about a minute) ...');
  // What npm has set for the workspace root (prefix, scripts) must not reach this install.
  const env = Object.fromEntries(Object.entries(process.env).filter(([key]) => !key.startsWith('npm_')));
  await run('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'], {
    env,
    cwd: HOME,
    signal,
  });
  writeFileSync(STAMP, lock);
}

/** Runs the scenario, with files in `stage.dir`. Rejects when Artillery itself fails or does not end in time. */
export async function runArtillery(
  name: ScenarioName,
  settings: Settings,
  stage: Stage,
  signal: AbortSignal,
): Promise<Report> {
  const { dir } = stage;
  const stageFile = join(dir, 'stage.json');
  const reportFile = join(dir, 'report.json');
  writeFileSync(stageFile, JSON.stringify(stage), { mode: 0o600 });
  console.log(`${name}: ${settings.users} people arrive over ${settings.rampSeconds} s ...`);
  const phases = [{ name: 'arrive', duration: settings.rampSeconds, arrivalCount: settings.users }];
  const overrides = JSON.stringify({ config: { phases } });
  const script = join(HOME, 'node_modules', 'artillery', 'bin', 'run');
  const args = ['run', '--quiet', '--target', stage.url, '--overrides', overrides, '--output', reportFile];
  await run(process.execPath, [script, ...args, join(HOME, `${name}.yml`)], {
    cwd: HOME,
    signal,
    env: {
      // Nothing of the surroundings: no proxy, no key of a cloud, no settings in somebody's home.
      PATH: `${dirname(process.execPath)}:/usr/bin:/bin`,
      HOME: dir,
      ARTILLERY_DISABLE_TELEMETRY: 'true',
      [STAGE_FILE]: stageFile,
    },
    timeout: (settings.rampSeconds + settings.seconds + 2 * settings.settleSeconds + 60) * 1000,
  });
  return (JSON.parse(readFileSync(reportFile, 'utf8')) as { aggregate: Report }).aggregate;
}

async function run(
  command: string,
  args: readonly string[],
  options: { cwd: string; env: NodeJS.ProcessEnv; signal: AbortSignal; timeout?: number },
): Promise<void> {
  const child = spawn(command, args, { ...options, stdio: ['ignore', 'inherit', 'inherit'] });
  const [code, killedBy] = await once(child, 'exit');
  if (code !== 0) throw new Error(`${command} ended with ${code ?? killedBy}`);
}

function readIfPresent(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
