import { expect, it } from '@jest/globals';
import { TextLines } from './text-lines.js';

it.each<[string, number, [number, number]]>([
  ['', 0, [0, 0]],
  ['abc', 3, [0, 3]],
  ['a\nb', 1, [0, 1]],
  ['a\nb', 2, [1, 0]],
  ['a\r\nb', 3, [1, 0]],
  ['a\r\nb', 2, [0, 2]],
  ['a\rb', 2, [1, 0]],
  ['🙂e\u0301\n\n🙂', 8, [2, 2]],
  ['a\n', 2, [1, 0]],
  ['a\u2028b', 2, [0, 2]],
])('%j at %i is line and character %j', (text, offset, [line, character]) => {
  expect(new TextLines(text).position(offset)).toEqual({ line, character });
});
