import { describe, expect, it } from '@jest/globals';
import { QuoteLocator } from './locate-quote.js';

const TEXT = [
  'function a() {',
  '  return x;',
  '}',
  '',
  'function b() {',
  '  return x;',
  '}',
  'const s = "é😀";\t// π',
  '',
].join('\n');

/** The text at the place, and its line. */
function found(quote: string, line?: number | null) {
  const place = new QuoteLocator(TEXT).locate(quote, line);
  return place && [TEXT.slice(place.start, place.end), TEXT.slice(0, place.start).split('\n').length];
}

describe('QuoteLocator', () => {
  it.each([
    ['a line', 'function b() {', undefined, ['function b() {', 5]],
    ['a part of a line', '"é😀"', 8, ['"é😀"', 8]],
    ['the first of several', 'return x;', undefined, ['return x;', 2]],
    ['the one at the line', 'return x;', 6, ['return x;', 6]],
    ['the nearest one above', 'return x;', 9, ['return x;', 6]],
    ['the nearest one below', 'return x;', 5, ['return x;', 6]],
    ['a line far outside', 'return x;', 1e9, ['return x;', 6]],
    ['a line before the first', 'return x;', -7, ['return x;', 2]],
    ['no number for a line', 'return x;', Number.NaN, ['return x;', 2]],
    ['other blanks', 'function  b()\t{ ', undefined, ['function b() {', 5]],
    ['other blanks, nearest', ' return   x ;', 6, ['return x;', 6]],
    ['several lines', 'function b() {\nreturn x;\n}', undefined, ['function b() {\n  return x;\n}', 5]],
    ['a line with its number', '6|   return x;', 6, ['return x;', 6]],
    ['a bracket with a line', '}', 7, ['}', 7]],
    ['a word that stands twice in another line', 'n', 6, ['n', 6]],
  ])('finds %s', (_, quote, line, place) => expect(found(quote, line)).toEqual(place));

  it.each([
    ['what does not stand there', 'return y;', 2],
    ['nothing', '', 2],
    ['blanks', ' \n ', 2],
    ['a bracket without a line', '}', undefined],
  ])('does not find %s', (_, quote, line) => expect(found(quote, line)).toBeUndefined());
});
