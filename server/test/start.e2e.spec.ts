import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, test } from '@jest/globals';
import { Client } from 'pg';
import { commandOf } from '../src/adapters/postgres/embedded/process-info.js';
import { eventually } from '../src/testing/eventually.js';
import { patience } from '../src/testing/patience.js';
import { createTestDatabase } from '../src/testing/postgres.js';
import { killNow, processesWith, processTree } from '../src/testing/processes.js';
import {
  ServerProcess,
  type ServerProcessOptions,
  startServerProcess,
  stopAllServers,
} from '../src/testing/server-process.js';
import { makeTempDir, removeTempDir } from '../src/testing/temp-dir.js';

/** Everything below starts the built server: what a person who types `npm start` sees. */
describe('npm start', () => {
  const root = makeTempDir();
  const dataDir = join(root, '.tandem');
  const start = (options: ServerProcessOptions = {}) => startServerProcess({ dataDir, cwd: root, ...options });
  const allGone = () => eventually('no process is left', async () => (await processesWith(root)).length === 0);

  afterEach(async () => {
    await stopAllServers();
    await allGone();
  });
  afterAll(() => removeTempDir(root));

  test('the first start is ready within 15 s and tells its steps, the second is quick', async () => {
    const began = performance.now();
    const first = await start();
    expect(performance.now() - began).toBeLessThan(15_000 * patience());
    const steps = [...first.stdout().matchAll(/✓ (\S+) .*? s/g)].map((match) => match[1]);
    expect(steps).toEqual(expect.arrayContaining(['configuration', 'PostgreSQL', 'migrations', 'listening']));
    expect(first.stdout()).toMatch(/migrations .* applied/);
    expect(new URL(first.url).hostname).toBe('127.0.0.1');
    expect((await fetch(first.url)).status).toBeLessThan(500);
    await first.stop();

    const second = await start();
    expect(second.stdout()).toMatch(/migrations .* up to date/);
  });

  test.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)(
    '%s stops it and its PostgreSQL within 10 s, exit code 0',
    async (signal) => {
      const server = await start();
      const tree = await processTree(server.pid);
      expect(tree.length).toBeGreaterThan(3);
      const began = performance.now();
      expect(await server.stop(signal)).toBe(0);
      expect(performance.now() - began).toBeLessThan(10_000 * patience());
      expect(await processesWith(root)).toEqual([]);
      expect(server.stderr()).toBe('');
    },
  );

  test('a second start while the first runs names the first and leaves it alone', async () => {
    const first = await start();
    const second = new ServerProcess({ dataDir, cwd: root });
    expect(await second.exited()).toBe(1);
    expect(second.stderr()).toContain(`already running at ${first.url}`);
    expect((await fetch(first.url)).status).toBeLessThan(500);
    expect(await first.stop()).toBe(0);
  });

  test('kill -9 of the server leaves no PostgreSQL, and the next start has the data', async () => {
    const server = await start();
    await mark('before kill -9');
    await server.kill9();
    await allGone();
    await start();
    expect(await marks()).toContain('before kill -9');
  });

  test('kill -9 of the server and of the watchdog: the next start stops the orphan and has the data', async () => {
    const server = await start();
    await mark('before orphan');
    const postgres = await postmasterPid();
    // Frozen first, or the server would start another watchdog in the moment between.
    server.signal('SIGSTOP');
    killNow((await watchdogOf(server)) ?? 0);
    await server.kill9();
    expect(await postmasterPid()).toBe(postgres);
    const next = await start();
    expect(next.stdout()).toContain(`PostgreSQL of an earlier start still runs (pid ${postgres}): stopping it`);
    expect(await marks()).toContain('before orphan');
  });

  test('a killed watchdog is replaced', async () => {
    const server = await start();
    const watchdog = await watchdogOf(server);
    killNow(watchdog ?? 0);
    await eventually('there is another', async () => ![undefined, watchdog].includes(await watchdogOf(server)));
    await server.kill9();
    await allGone();
  });

  test('a first start that is killed anywhere leaves no half database', async () => {
    const own = join(root, 'half');
    for (const moment of ['initdb-', 'data', 'postgres.log']) {
      const server = new ServerProcess({ dataDir: own, cwd: root });
      await eventually(`${moment} is there`, () =>
        listing(join(own, 'postgres')).some((name) => name.startsWith(moment)),
      );
      await server.kill9();
      await allGone();
    }
    await start({ dataDir: own });
    const left = listing(join(own, 'postgres')).filter((name) => !name.startsWith('binaries-'));
    expect(left.sort()).toEqual(['data', 'password', 'postgres.log']);
  });

  test('Ctrl-C in the middle of the first start ends it', async () => {
    const server = new ServerProcess({ dataDir: join(root, 'interrupted'), cwd: root });
    await eventually('initdb runs', () => listing(join(root, 'interrupted', 'postgres')).length > 0);
    expect(await server.stop()).toBe(0);
    await allGone();
    expect(server.stderr()).toBe('');
  });

  test('kill -9 of its PostgreSQL is survived', async () => {
    const server = await start();
    killNow(await postmasterPid());
    await eventually('PostgreSQL is back', () => server.stdout().includes('PostgreSQL is back'));
    expect(await query('SELECT 1 AS n')).toEqual([{ n: 1 }]);
    expect(await server.stop()).toBe(0);
  });

  test('wrong settings end it with code 78, every key named and no value', async () => {
    writeFileSync(join(root, '.env'), 'COMMITTERS=hunter2\nPORT=1\n');
    const server = new ServerProcess({ dataDir, cwd: root, env: { PORT: 'sesame', TANDEM_SECRET: 'short' } });
    expect(await server.exited()).toBe(78);
    for (const key of ['PORT', 'TANDEM_SECRET', 'COMMITTERS']) expect(server.stderr()).toContain(key);
    expect(server.stdout() + server.stderr()).not.toMatch(/hunter2|sesame|short\b/);
    writeFileSync(join(root, '.env'), '');
  });

  test('a taken port is said plainly, and PostgreSQL is stopped', async () => {
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    const { port } = other.address() as { port: number };
    const server = new ServerProcess({ dataDir, cwd: root, env: { PORT: String(port) } });
    expect(await server.exited()).toBe(1);
    expect(server.stderr()).toContain(`\nPort ${port} is taken: end the other program, or set PORT.\n`);
    other.close();
  });

  test('with DATABASE_URL it starts no PostgreSQL, and two may run side by side', async () => {
    const database = await createTestDatabase();
    const own = join(root, 'external');
    const servers = await Promise.all([1, 2].map(() => start({ dataDir: own, env: { DATABASE_URL: database.url } })));
    expect(servers[0]?.stdout()).not.toContain('PostgreSQL');
    expect(existsSync(join(own, 'postgres'))).toBe(false);
    await stopAllServers();
    await database.drop();
  });

  /** The server's own database, as the role it works as: what is in the password file opens it. */
  async function query(text: string, values: unknown[] = []): Promise<Record<string, unknown>[]> {
    const home = join(dataDir, 'postgres');
    const password = readFileSync(join(home, 'password'), 'utf8').trim();
    const port = Number(readFileSync(join(home, 'data', 'postmaster.pid'), 'utf8').split('\n')[3]);
    const client = new Client({ host: '127.0.0.1', port, user: 'tandem', password, database: 'tandem' });
    await client.connect();
    try {
      return (await client.query(text, values)).rows;
    } finally {
      await client.end();
    }
  }

  async function mark(text: string): Promise<void> {
    await query('CREATE TABLE IF NOT EXISTS start_spec (text text)');
    await query('INSERT INTO start_spec VALUES ($1)', [text]);
  }

  async function marks(): Promise<unknown[]> {
    return (await query('SELECT text FROM start_spec')).map((row) => row.text);
  }

  async function watchdogOf(server: ServerProcess): Promise<number | undefined> {
    const children = await processTree(server.pid);
    for (const pid of children) if ((await commandOf(pid))?.startsWith('/bin/sh')) return pid;
    return undefined;
  }

  async function postmasterPid(): Promise<number> {
    return Number(readFileSync(join(dataDir, 'postgres', 'data', 'postmaster.pid'), 'utf8').split('\n')[0]);
  }
});

function listing(folder: string): string[] {
  return existsSync(folder) ? readdirSync(folder) : [];
}
