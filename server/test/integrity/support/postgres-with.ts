import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { statSync } from 'node:fs';
import { Client } from 'pg';
import { commandOf } from '../../../src/adapters/postgres/embedded/process-info.js';
import { eventually } from '../../../src/testing/eventually.js';
import { startPrivatePostgres } from '../../../src/testing/private-postgres.js';
import { makeTempDir, removeTempDir } from '../../../src/testing/temp-dir.js';

export interface StrangePostgres {
  readonly url: string;
  stop(): Promise<void>;
}

/** A migrated PostgreSQL as somebody else may have set it up: ours, started again by hand with other settings. */
export async function startPostgresWith(settings: Readonly<Record<string, string>>): Promise<StrangePostgres> {
  const dir = makeTempDir();
  const ours = await startPrivatePostgres({ dir });
  const { url } = ours;
  const [postgres, ...flags] = (await commandOf(ours.pid))!.split(' ');
  await ours.stop();
  const clusterDir = flags[flags.indexOf('-D') + 1]!;
  const { uid, gid } = statSync(clusterDir);
  // Of a setting that is given twice, the last counts.
  const changed = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  const child = spawn(postgres!, [...flags, ...changed], {
    ...(process.getuid?.() === 0 ? { uid, gid } : {}),
    cwd: '/',
    stdio: 'ignore',
  });
  const ended = once(child, 'exit');
  await eventually('PostgreSQL takes sessions', () => answers(url), 20_000);
  return {
    url,
    stop: async () => {
      child.kill('SIGINT');
      await ended;
      removeTempDir(dir);
    },
  };
}

async function answers(url: string): Promise<boolean> {
  const client = new Client({ connectionString: url });
  try {
    await client.connect();
    await client.end();
    return true;
  } catch {
    return false;
  }
}
