import { describe, expect, it } from '@jest/globals';
import { bracketBalance, TextAround } from './text-around.js';

describe('bracketBalance', () => {
  it.each([
    ['', 0, 0],
    ['f(a, [1]', 1, 0],
    ['})', 0, 2],
    [') => {', 1, 1],
  ])('%j leaves %d open and closes %d', (text, open, closed) => {
    expect(bracketBalance(text)).toEqual({ open, closed });
  });
});

describe('TextAround', () => {
  it.each([
    ['inside a word', 'con', 'st a', true],
    ['before a word', 'return ', 'value;', true],
    ['before a bracket', 'f(', ')', false],
    ['at the end of a line', 'f(', '\nnext', false],
  ])('%s: inside code %#', (_, prefix, suffix, inside) => {
    expect(new TextAround(prefix, suffix).insideCode).toBe(inside);
  });

  it.each([
    ['blank', 'a\n', '', '   ', undefined],
    ['the line above again', 'const a = 1;\n', '', 'const a = 1;', undefined],
    ['the line below again', '', '\nconst a = 1;', 'const a = 1;', undefined],
    ['a bracket line like the one above', '  }\n', '', '}', '}'],
    ['runaway text', '', '', 'ab, ab, ab, ab, ab, ', undefined],
    ['thousands of characters', '', '', 'abc '.repeat(200), undefined],
    ['trailing blanks at the end of a line', 'a ', '\n', '= 1;  ', '= 1;'],
    ['a bracket that is closed below', 'f(\n  a', '\n)', ', b)', undefined],
    ['a bracket that is open', 'f(\n  a', '\n', ', b)', ', b)'],
    ['a bracket of its own', 'f(\n  a', '\n)', ', g(b)', ', g(b)'],
  ])('%s', (_, prefix, suffix, predicted, text) => {
    expect(new TextAround(prefix, suffix).fit(predicted)).toBe(text);
  });

  it.each([
    ['a word', 'throw new Err', 'or', 'or'],
    ['a word and a blank', 'throw new Err', 'or ', 'or'],
    ['one character', 'throw new Erro', 'r', undefined],
    ['an operator', 'a', 'bove = ', undefined],
    ['a member to come', 'a', 'bove.', undefined],
    ['a bracket that it opens', 'throw new Err', 'or(', undefined],
    ['inside a bracket that it opens', 'throw new Err', 'or(message', undefined],
    ['behind a bracket that it opens', 'throw new Err', 'or(message)', 'or(message)'],
    ['behind a bracket that is open', 'f(fir', 'st)', 'st)'],
    ['inside a string that it opens', 'f(fir', "st, 'a", undefined],
    ['behind a string that it opens', 'f(fir', "st, 'a'", "st, 'a'"],
    ['inside a string that is open', "f('fir", 'st', 'st'],
    ['behind a string that is open', "f('fir", "st'", "st'"],
    ['inside another string', "f('fir", "st', 'sec", undefined],
    ['behind an escaped quote', "f('fir", "st\\'s", "st\\'s"],
    ['between arguments', 'f(fir', 'st,', 'st,'],
  ])('a beginning that ends with %s', (_, prefix, predicted, text) => {
    expect(new TextAround(prefix, '\n').fitBeginning(predicted)).toBe(text);
  });

  it.each([
    ['a line break at the end of a line', '', '\n', '', true],
    ['a line break before text', ');', '\n', 'a', undefined],
    ['what stands right of the caret', ');', ')', 'a', true],
    ['a bracket that pairs with one of the completion', ');', ')', 'g(a', false],
    ['another token', ');', ',', 'a', false],
  ])('ends before %s: %#', (_, suffix, token, line, ends) => {
    expect(new TextAround('f(', suffix).ends(token, line)).toBe(ends);
  });
});
