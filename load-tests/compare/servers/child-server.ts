import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { makeTempDir, removeTempDir } from '../../../server/dist/testing/temp-dir.js';

const START_MS = 20_000;

export interface ChildServer {
  readonly pid: number;
  readonly port: number;
  stop(): Promise<void>;
}

/** One of the small servers of this folder as a process of its own; `args` may ask for a temporary folder. */
export async function startChild(script: string, args: (dir: string) => string[] = () => []): Promise<ChildServer> {
  const dir = makeTempDir();
  const child = spawn(process.execPath, [join(import.meta.dirname, script), ...args(dir)], {
    env: { PATH: process.env.PATH ?? '', HOME: dir, NODE_ENV: 'production' },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const exited = once(child, 'exit');
  const stop = async () => {
    child.kill('SIGKILL');
    await exited;
    removeTempDir(dir);
  };
  try {
    const port = await new Promise<number>((resolve, reject) => {
      const late = setTimeout(() => reject(new Error(`${script} did not start`)), START_MS);
      let said = '';
      child.stdout.setEncoding('utf8').on('data', (text: string) => {
        said += text;
        const found = /listening on (\d+)/.exec(said)?.[1];
        if (found) {
          clearTimeout(late);
          resolve(Number(found));
        }
      });
      child.once('exit', (code) => reject(new Error(`${script} ended with ${code}`)));
    });
    return { pid: child.pid ?? 0, port, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}
