import { expect, it } from '@jest/globals';
import { namedRules, type Rule, readRules } from './rules.js';

const rules = readRules();
const untested = (binds: Rule['binds'], named: Set<string>) =>
  rules.filter((rule) => rule.binds === binds && !named.has(rule.id)).map(({ id, text }) => `${id}: ${text}`);

it('every number in PROTOCOL.md is one rule', () => {
  expect(rules.length).toBeGreaterThan(70);
  expect(rules.length).toBe(new Set(rules.map(({ id }) => id)).size);
});

it('every rule that binds the client has a test in protocol/', () => {
  expect(untested('C', namedRules('protocol'))).toEqual([]);
});

it('every rule that binds the server has a test in server/', () => {
  expect(untested('S', namedRules('server'))).toEqual([]);
});

it('no test names a rule that does not exist', () => {
  const known = new Set(rules.map(({ id }) => id));
  const named = [...namedRules('protocol'), ...namedRules('server')];
  expect(named.filter((id) => !known.has(id))).toEqual([]);
});
