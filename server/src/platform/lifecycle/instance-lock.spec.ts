import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { InstanceLock } from './instance-lock.js';

describe('InstanceLock', () => {
  let root: string;
  let dataDir: string;
  const held: InstanceLock[] = [];
  const acquire = async (dir = dataDir) => {
    const lock = await InstanceLock.acquire(dir);
    held.push(lock);
    return lock;
  };

  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'tandem-lock-'));
    // Longer than the path of a socket file may be.
    dataDir = join(root, 'x'.repeat(120));
    mkdirSync(dataDir);
  });
  afterEach(async () => {
    await Promise.all(held.splice(0).map((lock) => lock.release()));
    rmSync(root, { recursive: true });
  });

  test('refuses a second server and names the first', async () => {
    const lock = await acquire();
    await expect(acquire()).rejects.toThrow(`already starting (data in ${dataDir}, process ${process.pid})`);
    lock.announce('running', 'http://127.0.0.1:3000');
    await expect(acquire()).rejects.toThrow('already running at http://127.0.0.1:3000');
  });

  test('of many at once exactly one gets it', async () => {
    const outcomes = await Promise.allSettled(Array.from({ length: 10 }, () => acquire()));
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  });

  test('waits for one that is stopping', async () => {
    const lock = await acquire();
    lock.announce('stopping');
    const next = acquire();
    await lock.release();
    await next;
  });

  test('a link to the data dir leads to the same one', async () => {
    await acquire();
    symlinkSync(dataDir, join(root, 'link'));
    await expect(acquire(join(root, 'link'))).rejects.toThrow('already starting');
  });

  test('a copy of the data dir is another one', async () => {
    await acquire();
    const copy = join(root, 'copy');
    cpSync(dataDir, copy, { recursive: true });
    await acquire(copy);
  });

  test('kill -9 of the holder leaves nothing behind', async () => {
    const module = fileURLToPath(new URL('../../../dist/platform/lifecycle/instance-lock.js', import.meta.url));
    const script = `const { InstanceLock } = await import(process.argv[1]);
      await InstanceLock.acquire(process.argv[2]);
      console.log('held');
      setInterval(() => {}, 1000);`;
    const holder = spawn(process.execPath, ['--input-type=module', '-e', script, module, dataDir]);
    await once(holder.stdout, 'data');
    await expect(acquire()).rejects.toThrow(`process ${holder.pid}`);
    holder.kill('SIGKILL');
    await once(holder, 'exit');
    await acquire();
  });
});
