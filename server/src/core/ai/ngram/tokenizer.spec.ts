import { describe, expect, it } from '@jest/globals';
import { seededRandom, withSeeds } from '@tandem/protocol/testing';
import { MAX_TOKEN_LENGTH, tokenize } from './tokenizer.js';

const PIECES = [
  ...['name', 'größe', '变量', 'переменная', 'x1', '$_', '42', '3.14', '0xff', ' ', '    ', '\t', '\n', '\r\n', '\r'],
  ...[
    '=>',
    '===',
    '!',
    '...',
    '(',
    ')',
    '{',
    '}',
    '"',
    "'",
    '`',
    ';',
    '\u0000',
    '\u2028',
    '👩‍👩‍👧',
    'e\u0301',
    '\ud800',
    '\udc00',
  ],
];

describe('tokenize', () => {
  it.each([
    ['const größe = a1 + 2;', ['const', ' ', 'größe', ' ', '=', ' ', 'a1', ' ', '+', ' ', '2', ';']],
    ['变量=>({})', ['变量', '=>', '(', '{', '}', ')']],
    ["\n  'two words'\r\n", ['\n', '  ', "'", 'two', ' ', 'words', "'", '\r\n']],
    ['a====b', ['a', '===', '=', 'b']],
  ])('splits %j', (text, tokens) => {
    expect(tokenize(text)).toEqual(tokens);
  });

  it('keeps every character: the tokens, joined, are the text', async () => {
    await withSeeds(200, async (random) => {
      const text = Array.from({ length: random.integer(80) }, () =>
        random.chance(0.2) ? String.fromCharCode(random.integer(0x10000)) : random.pick(PIECES),
      ).join('');
      expect(tokenize(text).join('')).toBe(text);
    });
  });

  it('bounds tokens of minified and generated text', () => {
    const random = seededRandom(1);
    const text = Array.from({ length: 100_000 }, () => (random.chance(0.5) ? 'a' : '𝒳')).join('');
    expect(Math.max(...tokenize(text).map(({ length }) => length))).toBeLessThanOrEqual(MAX_TOKEN_LENGTH + 1);
  });
});
