import { type ChildProcess, spawn } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, test } from '@jest/globals';
import { Client } from 'pg';
import { eventually } from '../../../testing/eventually.js';
import { killNow, killTree, processesWith } from '../../../testing/processes.js';
import { makeTempDir, removeTempDir } from '../../../testing/temp-dir.js';
import { packagedBinaries, usableBinaries } from './binaries.js';
import { EmbeddedPostgres } from './embedded-postgres.js';
import { freePort } from './free-port.js';
import { readPostmaster } from './postmaster-pid.js';
import { unprivilegedUser } from './run-as.js';

/** One set of files for all tests: a start on it takes a tenth of a second, a first start ten times as long. */
const root = makeTempDir();
const dataDir = join(root, 'data');
const clusterDir = join(dataDir, 'postgres', 'data');
let lines: string[] = [];
let postgres: EmbeddedPostgres | undefined;

async function start(): Promise<EmbeddedPostgres> {
  lines = [];
  postgres = await EmbeddedPostgres.start({ dataDir, stateDir: join(root, 'state'), log: (line) => lines.push(line) });
  return postgres;
}

async function query(url: string, text: string): Promise<Record<string, unknown>[]> {
  const client = new Client({ connectionString: url });
  client.on('error', () => {});
  await client.connect();
  try {
    return (await client.query(text)).rows;
  } finally {
    await client.end();
  }
}

afterEach(async () => {
  await postgres?.stop();
  expect(await processesWith(clusterDir)).toEqual([]);
});
afterAll(() => removeTempDir(root));

describe('EmbeddedPostgres', () => {
  test('the first start makes files that only their owners can read, and promises durability', async () => {
    mkdirSync(join(dataDir, 'postgres', 'initdb-killed', 'data'), { recursive: true });
    for (const dir of [dataDir, join(dataDir, 'postgres')]) chmodSync(dir, 0o711);
    const { url, adminUrl } = await start();
    expect(new URL(url)).toMatchObject({ hostname: '127.0.0.1', username: 'tandem', pathname: '/tandem' });
    // Beside a copy of the binaries, where the clone cannot be entered by the user that PostgreSQL runs as.
    const files = readdirSync(join(dataDir, 'postgres')).filter((name) => !name.startsWith('binaries-'));
    expect(files.sort()).toEqual(['data', 'password', 'postgres.log']);
    expect(statSync(join(dataDir, 'postgres', 'password')).mode & 0o777).toBe(0o600);
    expect(statSync(clusterDir).mode & 0o777).toBe(0o700);
    const settings = [
      'fsync',
      'full_page_writes',
      'synchronous_commit',
      'data_checksums',
      'server_encoding',
      'listen_addresses',
    ];
    const shown = await query(
      adminUrl,
      `SELECT name, setting FROM pg_settings WHERE name IN ('${settings.join("','")}')`,
    );
    expect(Object.fromEntries(shown.map(({ name, setting }) => [name, setting]))).toEqual({
      fsync: 'on',
      full_page_writes: 'on',
      synchronous_commit: 'on',
      data_checksums: 'on',
      server_encoding: 'UTF8',
      listen_addresses: '127.0.0.1',
    });
  });

  test('wants its password, and gives the server no more than one database', async () => {
    const { url } = await start();
    await expect(query(url.replace(/:[^:@]+@/, ':guess@'), 'SELECT 1')).rejects.toThrow('password');
    const [role] = await query(
      url,
      'SELECT rolsuper, rolcreatedb, rolcreaterole FROM pg_roles WHERE rolname = current_user',
    );
    expect(role).toEqual({ rolsuper: false, rolcreatedb: false, rolcreaterole: false });
  });

  test('keeps the data from one start to the next, and stop() may be called again', async () => {
    const first = await start();
    await query(first.url, 'CREATE TABLE kept AS SELECT 42 AS n');
    await first.stop();
    await first.stop();
    const second = await start();
    expect(await query(second.url, 'SELECT n FROM kept')).toEqual([{ n: 42 }]);
  });

  test('comes back on the same port after kill -9 of all its processes, with everything that was committed', async () => {
    const { url } = await start();
    await query(url, 'CREATE TABLE acked (n int)');
    const pid = postgres?.pid ?? 0;
    await query(url, 'INSERT INTO acked SELECT generate_series(1, 1000)');
    await killTree(pid);
    await eventually('PostgreSQL is back', () => lines.some((line) => line.includes('is back')));
    expect(postgres?.pid).not.toBe(pid);
    expect(await query(url, 'SELECT count(*)::int AS n FROM acked')).toEqual([{ n: 1000 }]);
    expect(lines[0]).toContain('ended by SIGKILL');
  });

  test('comes back after kill -9 of the main process alone, whose children end by themselves', async () => {
    const { url } = await start();
    const session = new Client({ connectionString: url });
    session.on('error', () => {});
    await session.connect();
    killNow(postgres?.pid ?? 0);
    await eventually('PostgreSQL is back', () => lines.some((line) => line.includes('is back')));
    expect(await query(url, 'SELECT 1 AS n')).toEqual([{ n: 1 }]);
    await session.end().catch(() => {});
  });

  test('stop() during the pause before a new start ends it for good', async () => {
    const running = await start();
    await killTree(running.pid ?? 0);
    await running.stop();
    expect(await processesWith(clusterDir)).toEqual([]);
  });

  test('a stale postmaster.pid whose number a stranger has by now does not block, and the stranger lives', async () => {
    await (await start()).stop();
    const user = await unprivilegedUser();
    const stranger = spawn('sleep', ['1000'], { ...user, stdio: 'ignore' });
    try {
      writeFileSync(join(clusterDir, 'postmaster.pid'), `${stranger.pid}\n${clusterDir}\n1\n5432\n\n\n0 0\nready\n`);
      const { url } = await start();
      expect(await query(url, 'SELECT 1 AS n')).toEqual([{ n: 1 }]);
      expect(lines).toEqual([]);
      expect(stranger.exitCode).toBeNull();
    } finally {
      stranger.kill();
    }
  });

  test('a PostgreSQL that still runs on the files is stopped first', async () => {
    const first = await start();
    await query(first.url, 'CREATE TABLE before_orphan AS SELECT 1 AS n');
    await first.stop();
    const orphan = await startUnsupervised();
    const { url } = await start();
    expect(lines).toEqual([`PostgreSQL of an earlier start still runs (pid ${orphan.pid}): stopping it`]);
    expect(await query(url, 'SELECT n FROM before_orphan')).toEqual([{ n: 1 }]);
  });

  test('a chmod over the whole clone is mended', async () => {
    await (await start()).stop();
    for (const dir of [join(dataDir, 'postgres'), clusterDir]) chmodSync(dir, 0o755);
    const { url } = await start();
    expect(await query(url, 'SELECT 1 AS n')).toEqual([{ n: 1 }]);
    expect(statSync(clusterDir).mode & 0o777).toBe(0o700);
  });

  test('says which PostgreSQL made the files when it was another major version', async () => {
    await (await start()).stop();
    const file = join(clusterDir, 'PG_VERSION');
    const before = readFileSync(file);
    writeFileSync(file, '15\n');
    await expect(start()).rejects.toThrow(/was made by PostgreSQL 15, and this is PostgreSQL 18/);
    writeFileSync(file, before);
  });

  test('does not start empty when the password of existing files is missing', async () => {
    await (await start()).stop();
    const file = join(dataDir, 'postgres', 'password');
    const before = readFileSync(file);
    rmSync(file);
    await expect(start()).rejects.toThrow(/password.* is missing/);
    expect(existsSync(file)).toBe(false);
    writeFileSync(file, before, { mode: 0o600 });
  });

  test('a start that fails says what PostgreSQL wrote, and leaves nothing running', async () => {
    await (await start()).stop();
    const file = join(clusterDir, 'postgresql.auto.conf');
    const before = readFileSync(file);
    writeFileSync(file, 'nonsense\n');
    await expect(start()).rejects.toThrow(/syntax error in file/);
    writeFileSync(file, before);
  });
});

async function startUnsupervised(): Promise<ChildProcess> {
  const user = await unprivilegedUser();
  const { postgres: binary } = await usableBinaries(packagedBinaries(), join(dataDir, 'postgres'), user);
  const args = ['-D', clusterDir, '-c', `port=${await freePort()}`, '-c', 'unix_socket_directories='];
  const orphan = spawn(binary, args, { ...user, cwd: '/', detached: true, stdio: 'ignore' });
  await eventually('the orphan runs', async () => (await readPostmaster(clusterDir))?.ready ?? false);
  return orphan;
}
