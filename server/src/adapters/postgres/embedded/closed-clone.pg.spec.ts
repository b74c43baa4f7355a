import {
  chmodSync,
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  unlinkSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, test } from '@jest/globals';
import { Client } from 'pg';
import { makeTempDir, removeTempDir } from '../../../testing/temp-dir.js';
import { packagedBinaries } from './binaries.js';
import { EmbeddedPostgres } from './embedded-postgres.js';
import { isRoot } from './run-as.js';

const root = makeTempDir();
const stateDir = join(root, 'state');
let lines: string[] = [];
let postgres: EmbeddedPostgres | undefined;

/** A clone as `npm ci --ignore-scripts` leaves it: the binaries without the links between the libraries. */
function makeClone(name: string, mode: number): { dir: string; dataDir: string; nativeDir: string } {
  const dir = join(root, name);
  const packageDir = join(dir, 'package');
  mkdirSync(packageDir, { recursive: true });
  const original = packagedBinaries();
  cpSync(join(original, '..', 'package.json'), join(packageDir, 'package.json'));
  cpSync(original, join(packageDir, 'native'), { recursive: true, verbatimSymlinks: true });
  for (const entry of readdirSync(join(packageDir, 'native'), { recursive: true, withFileTypes: true })) {
    if (entry.isSymbolicLink()) unlinkSync(join(entry.parentPath, entry.name));
  }
  chmodSync(dir, mode);
  return { dir, dataDir: join(dir, '.tandem'), nativeDir: join(packageDir, 'native') };
}

async function start({ dataDir, nativeDir }: { dataDir: string; nativeDir: string }): Promise<EmbeddedPostgres> {
  lines = [];
  postgres = await EmbeddedPostgres.start({ dataDir, stateDir, nativeDir, log: (line) => lines.push(line) });
  return postgres;
}

async function mark(url: string, text?: string): Promise<string | undefined> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    await client.query('CREATE TABLE IF NOT EXISTS mark (text text)');
    if (text) await client.query('INSERT INTO mark VALUES ($1)', [text]);
    return (await client.query('SELECT text FROM mark')).rows[0]?.text;
  } finally {
    await client.end();
  }
}

const locationOf = (dataDir: string) => readFileSync(join(dataDir, 'location'), 'utf8').trim();

afterEach(() => postgres?.stop());
afterAll(() => removeTempDir(root));

test('the links that a blocked install script did not make are made in place', async () => {
  const clone = makeClone('unlinked', 0o755);
  await start(clone);
  expect(lstatSync(join(clone.nativeDir, 'lib', 'libpq.so.5')).isSymbolicLink()).toBe(true);
  expect(readdirSync(join(clone.dataDir, 'postgres')).filter((name) => name.startsWith('binaries'))).toEqual([]);
});

const asRoot = isRoot() ? describe : describe.skip;
// Loud, because a green run as an ordinary user says nothing about these.
if (!isRoot()) process.stderr.write('SKIPPED: a clone that only root can enter (run the tests as root to cover it)\n');

asRoot('a clone that only root can enter', () => {
  test('keeps binaries and data outside, says where, and finds them again', async () => {
    const clone = makeClone('closed', 0o700);
    const first = await start(clone);
    const home = locationOf(clone.dataDir);
    expect(home.startsWith(join(stateDir, 'closed-'))).toBe(true);
    expect(lines[0]).toContain(home);
    expect(readdirSync(home).map((name) => name.replace(/-.*/, ''))).toEqual(
      expect.arrayContaining(['binaries', 'data', 'owner', 'password']),
    );
    await mark(first.url, 'first');
    await first.stop();
    expect(await mark((await start(clone)).url)).toBe('first');
    expect(locationOf(clone.dataDir)).toBe(home);
  });

  test('a copy of the clone gets a database of its own, a moved clone keeps its own', async () => {
    const clone = makeClone('original', 0o700);
    const first = await start(clone);
    await mark(first.url, 'original');
    await first.stop();

    const copy = { ...clone, dataDir: join(root, 'copy', '.tandem') };
    cpSync(clone.dataDir, copy.dataDir, { recursive: true });
    chmodSync(join(root, 'copy'), 0o700);
    const second = await start(copy);
    expect(locationOf(copy.dataDir)).not.toBe(locationOf(clone.dataDir));
    expect(await mark(second.url)).toBeUndefined();
    await second.stop();

    const moved = { ...clone, dataDir: join(root, 'moved', '.tandem') };
    mkdirSync(join(root, 'moved'), { mode: 0o700 });
    renameSync(clone.dataDir, moved.dataDir);
    expect(await mark((await start(moved)).url)).toBe('original');
  });

  test('takes the data along when the clone was open at its first start', async () => {
    const clone = makeClone('once-open', 0o755);
    const first = await start(clone);
    await mark(first.url, 'kept');
    await first.stop();
    expect(existsSync(join(clone.dataDir, 'location'))).toBe(false);
    chmodSync(clone.dir, 0o700);
    expect(await mark((await start(clone)).url)).toBe('kept');
    expect(existsSync(join(locationOf(clone.dataDir), 'data'))).toBe(true);
  });

  test('does not start empty when the folder outside is gone', async () => {
    const clone = makeClone('lost', 0o700);
    await (await start(clone)).stop();
    rmSync(locationOf(clone.dataDir), { recursive: true });
    await expect(start(clone)).rejects.toThrow(/that is missing/);
  });
});
