import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import * as Y from 'yjs';
import { initialTextRefusal, MAX_INITIAL_TEXT } from './initial-text.js';

/** What another editor reads of a document that was made to read `text`. */
function throughYjs(text: string): string {
  const made = new Y.Doc();
  made.getText('content').insert(0, text);
  const read = new Y.Doc();
  Y.applyUpdate(read, Y.encodeStateAsUpdate(made));
  return read.getText('content').toString();
}

describe('initialTextRefusal', () => {
  it('takes only texts that Yjs carries exactly', () => {
    const anyUnits = fc
      .array(fc.oneof(fc.nat(0x7f), fc.integer({ min: 0xd7f0, max: 0xe010 }), fc.nat(0xffff)))
      .map((units) => String.fromCharCode(...units));
    fc.assert(
      fc.property(anyUnits, (text) => {
        fc.pre(initialTextRefusal(text) === undefined);
        expect(throughYjs(text)).toBe(text);
      }),
    );
  });

  it.each([
    'line\r\nline\rline\u2028line\n',
    '\ufeffwith a byte order mark',
    '👩‍💻 and 𝒳',
    '\u0001\u007f\u200b\u202e',
    '__proto__',
  ])('keeps %j exactly', (text) => {
    expect(initialTextRefusal(text)).toBeUndefined();
    expect(throughYjs(text)).toBe(text);
  });

  it.each(['a\ud83d', '\ude00a', '\ud83d\ud83d\ude00'])('refuses %j, which Yjs would change', (text) => {
    expect(initialTextRefusal(text)?.code).toBe('schema_violation');
    expect(throughYjs(text)).not.toBe(text);
  });

  it('refuses NUL: such a file is binary', () => {
    expect(initialTextRefusal('MZ\0\0')?.code).toBe('schema_violation');
  });

  it('refuses what is too long and says the limit', () => {
    expect(initialTextRefusal('x'.repeat(MAX_INITIAL_TEXT))).toBeUndefined();
    expect(initialTextRefusal('x'.repeat(MAX_INITIAL_TEXT + 1))).toMatchObject({
      code: 'too_large',
      details: { limit: MAX_INITIAL_TEXT },
    });
  });
});
