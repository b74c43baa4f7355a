import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { freePort } from '../adapters/postgres/embedded/free-port.js';
import { eventually } from './eventually.js';
import { makeTempDir, removeTempDir } from './temp-dir.js';

/** A Redis of one test's own, in memory only, to be killed at will. */
export interface PrivateRedis {
  readonly url: string;
  readonly pid: number;
  /** kill -9. */
  kill9(): Promise<void>;
  /** Another process on the same port, with nothing in it. Call it after `kill9`. */
  restart(): Promise<void>;
  /** FLUSHALL. */
  flush(): Promise<void>;
  /** SIGSTOP and SIGCONT: connected, and silent. */
  freeze(): void;
  thaw(): void;
  /** Ends it and removes its files. */
  stop(): Promise<void>;
}

/** `program` is what `describeWith('redis-server', …)` hands to its body. */
export async function startPrivateRedis(program: string): Promise<PrivateRedis> {
  const dir = makeTempDir();
  const port = await freePort();
  const url = `redis://127.0.0.1:${port}`;
  let child = await start(program, dir, port);
  const kill9 = async () => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, 'close');
    child.kill('SIGKILL');
    await ended;
  };
  return {
    url,
    get pid() {
      return child.pid ?? 0;
    },
    kill9,
    restart: async () => {
      child = await start(program, dir, port);
    },
    flush: async () => {
      const redis = new Redis(url);
      await redis.flushall().finally(() => redis.disconnect());
    },
    freeze: () => void child.kill('SIGSTOP'),
    thaw: () => void child.kill('SIGCONT'),
    stop: async () => {
      await kill9();
      removeTempDir(dir);
    },
  };
}

async function start(program: string, dir: string, port: number): Promise<ChildProcess> {
  const options = ['--port', String(port), '--bind', '127.0.0.1', '--dir', dir, '--save', '', '--appendonly', 'no'];
  const child = spawn(program, [...options, '--logfile', join(dir, 'redis.log')], { stdio: 'ignore' });
  const probe = new Redis(port, '127.0.0.1', { lazyConnect: true, retryStrategy: () => null });
  probe.on('error', () => {});
  try {
    await eventually('Redis answers', async () => {
      await probe.connect().catch(() => {});
      return probe.status === 'ready';
    });
  } finally {
    probe.disconnect();
  }
  return child;
}
