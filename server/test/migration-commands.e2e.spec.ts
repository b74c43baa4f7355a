import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createTestDatabase, type TestDatabase } from '../src/testing/postgres.js';

const ROOT = join(import.meta.dirname, '..', '..');
const { scripts } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { scripts: Record<string, string> };

/** What the npm script runs after its build; a build here would replace files that other specs are just running. */
async function command(script: string, env: Record<string, string>, ...more: string[]): Promise<string> {
  const [program, ...args] = (scripts[script]?.split(' && ').at(-1) ?? '').split(' ');
  expect(program).toBe('typeorm');
  const cli = join(ROOT, 'node_modules', 'typeorm', 'cli.js');
  const options = { cwd: ROOT, env: { PATH: process.env.PATH, ...env } };
  const { stdout } = await promisify(execFile)(process.execPath, [cli, ...args, ...more], options);
  return stdout;
}

describe('the migration commands', () => {
  let database: TestDatabase;
  let env: Record<string, string>;
  beforeAll(async () => {
    database = await createTestDatabase();
    env = { DATABASE_URL: database.url };
  });
  afterAll(() => database?.drop());

  test('find the migrations, take the last one back and apply it again', async () => {
    expect(await command('migration:run', env)).toContain('No migrations are pending');
    expect(await command('migration:revert', env)).toMatch(/Migration \w+ has been reverted successfully/);
    expect(await command('migration:run', env)).toMatch(/Migration \w+ has been executed successfully/);
  });

  test('generate has nothing to write for the entities as they are', async () => {
    const check = command('migration:generate', env, '--check', join('migrations', 'Nothing'));
    expect(await check).toContain('No changes in database schema were found');
  });

  test('want a database that runs', async () => {
    await expect(command('migration:run', { DATABASE_URL: '' })).rejects.toThrow('Set DATABASE_URL');
  });
});
