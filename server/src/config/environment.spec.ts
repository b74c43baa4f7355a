import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { readEnvironment } from './environment.js';

describe('readEnvironment', () => {
  let dir: string;
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'tandem-env-'));
  });
  afterEach(() => rmSync(dir, { recursive: true }));

  test('reads a .env file, under the real environment, and says nothing', () => {
    const log = jest.spyOn(console, 'log');
    writeFileSync(join(dir, '.env'), 'TANDEM_TEST_ONLY=from-file # a comment\nPATH=/nowhere\n');
    expect(readEnvironment(dir)).toMatchObject({ TANDEM_TEST_ONLY: 'from-file', PATH: process.env.PATH });
    expect(process.env.TANDEM_TEST_ONLY).toBeUndefined();
    expect(log).not.toHaveBeenCalled();
  });

  test('needs no .env file and passes over a folder of that name', () => {
    expect(readEnvironment(dir).PATH).toBe(process.env.PATH);
    mkdirSync(join(dir, '.env'));
    expect(readEnvironment(dir).PATH).toBe(process.env.PATH);
  });
});
