import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { DataSource } from 'typeorm';
import { eventually } from '../../src/testing/eventually.js';
import { TestApp } from '../../src/testing/test-app.js';

const ROOT = join(import.meta.dirname, '..', '..', '..');
const { scripts } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { scripts: Record<string, string> };

describe('the commands about signing keys', () => {
  let server: TestApp;
  let env: Record<string, string>;
  beforeAll(async () => {
    server = await TestApp.start({ signingKeyLead: 1 });
    env = { DATABASE_URL: server.databaseUrl, TANDEM_SECRET: server.secret, SIGNING_KEY_LEAD: '1' };
  });
  afterAll(() => server?.stop());

  /** What the npm script runs, on the build as it is. */
  async function command(name: string, more: string[] = [], change: Record<string, string> = {}): Promise<string> {
    const [program, ...args] = (scripts[name]?.split(' && ').at(-1) ?? '').split(' ');
    expect(program).toBe('node');
    const options = { cwd: ROOT, env: { PATH: process.env.PATH, ...env, ...change } };
    const { stdout } = await promisify(execFile)(process.execPath, [...args, ...more], options);
    return stdout;
  }
  const published = async () =>
    (await server.request('GET', '/.well-known/jwks.json'))
      .json<{ keys: { kid: string }[] }>()
      .keys.map(({ kid }) => kid);

  it('A33: rotate, while the server runs: it publishes the next key, and signs with it soon', async () => {
    const [old] = await published();
    expect(await command('keys:list')).toMatch(new RegExp(`^${old}  signs since \\S+\\n$`));
    const [next, before] = (await command('keys:rotate')).split('\n');
    expect(next).toMatch(/ {2}published, signs from /);
    expect(before).toMatch(new RegExp(`^${old}  signs until `));
    const kid = next!.split(' ')[0]!;
    await eventually('the server publishes both', async () => (await published()).join() === `${kid},${old}`);
    await eventually('the next one signs', async () => (await command('keys:list')).includes(`${kid}  signs since`));
  });

  it('A33: drop, by the id of the key: the server forgets it', async () => {
    const [kid, old] = await published();
    expect(await command('keys:drop', [old!])).toContain('refused as soon as every node has looked');
    await eventually('the server publishes one', async () => (await published()).join() === kid);
    await expect(command('keys:drop', [old!])).rejects.toThrow(`There is no key ${old}`);
    const database = server.app.get(DataSource, { strict: false });
    const told = "SELECT action, target FROM audit_events WHERE action LIKE 'key.%' ORDER BY id";
    expect(await database.query(told)).toEqual([
      { action: 'key.rotated', target: kid },
      { action: 'key.dropped', target: old },
    ]);
  });

  it('leave the keys alone under another secret, and say how they are used', async () => {
    const other = { TANDEM_SECRET: 'another secret of more than 32 characters' };
    await expect(command('keys:rotate', [], other)).rejects.toThrow(/another TANDEM_SECRET/);
    expect(await published()).toHaveLength(1);
    await expect(command('keys:drop')).rejects.toThrow(/npm run keys:drop -- <kid>/);
  });
});
