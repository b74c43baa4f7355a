import { describe, expect, it } from '@jest/globals';
import { role } from '@tandem/protocol';
import { type PathRule, pathRulesBody } from '@tandem/protocol/http';
import { roleAt } from './path-rules.js';
import { can } from './permissions.js';

const BOB = '0b0b0b0b-0b0b-4b0b-8b0b-0b0b0b0b0b0b';
const EVE = 'eeeeeeee-eeee-4eee-8eee-eeeeeeeeeeee';

const read = (path: string, userId: string | null = null): PathRule => ({ path, access: 'read', userId });
const write = (path: string, userId: string | null = null): PathRule => ({ path, access: 'write', userId });
const mayWrite = (rules: readonly PathRule[], path: string, userId = BOB) =>
  can('editor', 'document.write', { userId, path, rules });

describe('A44: rules of paths', () => {
  it('an editor may write only under docs/', () => {
    const rules = [read('**', BOB), write('docs/', BOB)];
    expect(mayWrite(rules, 'docs/a.md')).toBe(true);
    expect(mayWrite(rules, 'docs/deep/b.md')).toBe(true);
    expect(mayWrite(rules, 'src/a.ts')).toBe(false);
    expect(mayWrite(rules, 'docs.md')).toBe(false);
    expect(mayWrite(rules, 'src/a.ts', EVE)).toBe(true);
  });

  it.each<[pattern: string, path: string, fits: boolean]>([
    ['infra/', 'infra/main.tf', true],
    ['/infra', 'infra/a/b.tf', true],
    ['infra', 'app/infra/main.tf', false],
    ['**/infra', 'app/infra/main.tf', true],
    ['*.md', 'README.md', true],
    ['*.md', 'docs/README.md', false],
    ['**/*.md', 'docs/README.md', true],
    ['**/*.md', 'README.md', true],
    ['src/*/gen', 'src/a/gen/x.ts', true],
    ['src/*/gen', 'src/a/b/gen/x.ts', false],
    ['Infra/', 'iNFRA/main.tf', true],
    ['stra\u00dfe/', 'STRASSE/a', true],
    ['caf\u00e9/', 'cafe\u0301/a', true],
  ])('%s and %s: %s', (pattern, path, fits) => {
    expect(mayWrite([read(pattern)], path)).toBe(!fits);
  });

  it('the last rule that fits holds', () => {
    const rules = [read('src/'), write('src/app/'), read('src/app/secret.ts'), write('src/app/secret.ts', EVE)];
    expect(mayWrite(rules, 'src/lib.ts')).toBe(false);
    expect(mayWrite(rules, 'src/app/a.ts')).toBe(true);
    expect(mayWrite(rules, 'src/app/secret.ts')).toBe(false);
    expect(mayWrite(rules, 'src/app/secret.ts', EVE)).toBe(true);
  });

  it.each(role.options)('narrows editors alone, and widens nobody: %s', (one) => {
    const place = { userId: BOB, path: 'a.ts' };
    expect(roleAt(one, { ...place, rules: [read('**')] })).toBe(one === 'editor' ? 'commenter' : one);
    expect(roleAt(one, { ...place, rules: [write('**')] })).toBe(one);
  });

  it('A56: a hundred of the longest are judged in a moment', () => {
    const rules = Array.from({ length: 100 }, () => read(`${'**/a*'.repeat(40).slice(0, 198)}/z`));
    const path = `${'a/'.repeat(510)}b`;
    const began = performance.now();
    expect(mayWrite(rules, path)).toBe(true);
    expect(performance.now() - began).toBeLessThan(1000);
  });

  it.each([
    ['nothing', ''],
    ['only the root', '/'],
    ['only dots', './.'],
    ['too much', 'a'.repeat(201)],
  ])('a pattern that names %s is refused', (_what, path) => {
    expect(pathRulesBody.safeParse({ rules: [{ path, access: 'read' }] }).success).toBe(false);
  });
});
