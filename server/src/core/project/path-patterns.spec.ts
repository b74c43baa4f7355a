import { describe, expect, it } from '@jest/globals';
import { patience } from '../../testing/patience.js';
import { matchesPath } from './path-patterns.js';

describe('matchesPath', () => {
  it.each([
    ['secret.ts', 'secret.ts', true],
    ['src/secret.ts', 'secret.ts', true],
    ['src/secret.tsx', 'secret.ts', false],
    ['src/secrets/a.ts', 'secrets', true],
    ['src/secrets/a.ts', 'secrets/', true],
    ['src/secrets/a.ts', '/secrets', false],
    ['secrets/deep/a.ts', '/secrets', true],
    ['src/api/keys.ts', 'src/api', true],
    ['src/api/keys.ts', 'src/api/', true],
    ['src/api/keys.ts', './src/api', true],
    ['lib/src/api/keys.ts', 'src/api', false],
    ['src/apis/keys.ts', 'src/api', false],
    ['a/b/data.csv', '*.csv', true],
    ['a/b.csv/data', '*.csv', true],
    ['src/a.ts', 'src/*.ts', true],
    ['src/a/b.ts', 'src/*.ts', false],
    ['src/a/b.ts', 'src/**/*.ts', true],
    ['src/b.ts', 'src/**/*.ts', true],
    ['x/y/src/b.ts', '**/src/*.ts', true],
    ['dist/x', '**', true],
    ['test1.ts', 'test?.ts', true],
    ['test.ts', 'test?.ts', false],
    ['a+b(1).ts', 'a+b(1).ts', true],
    ['axb.ts', 'a.b.ts', false],
    ['a.ts', '', false],
    ['a.ts', ' / ', false],
    ['a.ts', '  a.ts ', true],
  ])('%s is meant by %j: %s', (path, pattern, is) => {
    expect(matchesPath(path, ['no-such-name', pattern])).toBe(is);
  });

  it('A56: is done soon with a pattern made to be slow', () => {
    const started = performance.now();
    expect(
      matchesPath(`${'a/'.repeat(500)}${'a'.repeat(1000)}`, [`${'*a'.repeat(400)}b`, `${'**/a/'.repeat(100)}b`]),
    ).toBe(false);
    expect(performance.now() - started).toBeLessThan(1_000 * patience());
  });
});
