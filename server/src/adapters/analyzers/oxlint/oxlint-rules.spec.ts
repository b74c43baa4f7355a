import { describe, expect, it } from '@jest/globals';
import { OxlintRules } from './oxlint-rules.js';

const rules = new OxlintRules(
  new Set([
    'no-debugger',
    'no-console',
    'typescript/no-explicit-any',
    'react/rules-of-hooks',
    'jest/expect',
    'vitest/expect',
  ]),
);

describe('OxlintRules', () => {
  it.each([
    ['no-debugger', 'no-debugger'],
    ['eslint/no-debugger', 'no-debugger'],
    ['eslint(no-debugger)', 'no-debugger'],
    ['no-explicit-any', 'typescript/no-explicit-any'],
    ['@typescript-eslint/no-explicit-any', 'typescript/no-explicit-any'],
    ['typescript(no-explicit-any)', 'typescript/no-explicit-any'],
    ['react-hooks(rules-of-hooks)', 'react/rules-of-hooks'],
    ['expect', undefined],
    ['jest/no-debugger', undefined],
    ['import/no-cycle', undefined],
    ['', undefined],
  ])('knows %s as %s', (form, name) => {
    expect(rules.nameOf(form)).toBe(name);
  });

  it('lets a switch by the own name count before one by another', () => {
    for (const forms of [
      { 'no-debugger': true, 'eslint/no-debugger': false },
      { 'eslint/no-debugger': false, 'no-debugger': true },
    ]) {
      expect(rules.switches(forms).isOn('no-debugger')).toBe(true);
    }
  });

  it('asks for the plugin of a rule that is switched on, but for none of its other rules', () => {
    const switches = rules.switches({ 'jest/expect': true, 'no-console': false });
    expect(switches.configuration.plugins).toContain('jest');
    expect(switches.configuration.rules).toEqual({ 'jest/expect': 'warn' });
    expect(
      ['jest/expect', 'jest/other', 'no-console', 'no-other', undefined].map((code) => switches.isOn(code)),
    ).toEqual([true, false, false, true, true]);
  });
});
