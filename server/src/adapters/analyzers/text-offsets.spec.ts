import { describe, expect, it } from '@jest/globals';
import { ByteOffsets, LineOffsets } from './text-offsets.js';

const TEXTS = ['', 'ascii\n', 'é😀e\u0301', '\ufeffa\r\n\tb\u2028c\u0085d', '\u07ff\u0800\uffff𐀀'];

describe('ByteOffsets', () => {
  it('finds each character of a text by where it is in UTF-8', () => {
    for (const text of TEXTS) {
      const offsets = new ByteOffsets(text);
      let unit = 0;
      for (const character of text) {
        expect(offsets.at(Buffer.byteLength(text.slice(0, unit)))).toBe(unit);
        unit += character.length;
      }
      expect(offsets.at(Buffer.byteLength(text))).toBe(text.length);
      expect(offsets.at(1000)).toBe(text.length);
    }
  });
});

describe('LineOffsets', () => {
  it('takes LF, CRLF and CR for ends of lines, and no other', () => {
    const text = 'a\u2028\u0085\u000b\n\r\n\rb\r';
    const offsets = new LineOffsets(text);
    expect([0, 1, 2, 3, 4].map((line) => offsets.at(line, 0))).toEqual([0, 5, 7, 8, 10]);
    expect(offsets.at(3, 1)).toBe(text.indexOf('b') + 1);
  });

  it('takes what lies behind the text for its end', () => {
    expect(new LineOffsets('ab').at(7, 0)).toBe(2);
    expect(new LineOffsets('ab').at(0, 7)).toBe(2);
  });
});
