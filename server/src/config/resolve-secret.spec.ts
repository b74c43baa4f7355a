import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { resolveSecret } from './resolve-secret.js';

describe('resolveSecret', () => {
  let dataDir: string;
  beforeEach(() => {
    dataDir = mkdtempSync(join(tmpdir(), 'tandem-secret-'));
  });
  afterEach(() => rmSync(dataDir, { recursive: true }));

  test('takes the one that is set and writes nothing', async () => {
    expect(await resolveSecret({ dataDir, secret: 'given' })).toBe('given');
    expect(readdirSync(dataDir)).toEqual([]);
  });

  test('makes one that lasts and that only its owner can read, also when asked twice at once', async () => {
    const secrets = await Promise.all(Array.from({ length: 8 }, () => resolveSecret({ dataDir })));
    expect(new Set(secrets).size).toBe(1);
    expect(secrets[0]?.length).toBeGreaterThanOrEqual(32);
    expect(await resolveSecret({ dataDir })).toBe(secrets[0]);
    expect(statSync(join(dataDir, 'secret')).mode & 0o777).toBe(0o600);
    expect(readdirSync(dataDir)).toEqual(['secret']);
  });

  test('refuses a damaged file instead of making another secret', async () => {
    writeFileSync(join(dataDir, 'secret'), '');
    await expect(resolveSecret({ dataDir })).rejects.toThrow('is damaged');
  });
});
