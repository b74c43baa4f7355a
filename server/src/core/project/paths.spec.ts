import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { folderKeys, MAX_PATH_BYTES, parsePath } from './paths.js';

const key = (raw: string): string => {
  const parsed = parsePath(raw);
  if (!parsed.ok) throw new Error(`${parsed.reason}: ${raw}`);
  return parsed.key;
};

describe('A45 paths', () => {
  it.each([
    'README.md',
    'src/index.ts',
    '.gitignore',
    '.github/workflows/ci.yml',
    'pages/[id].tsx',
    'a file (copy).txt',
    'ünïcödé/日本語/שלום.md',
    'family👨‍👩‍👧.txt',
    'می‌خواهم.txt',
    'console.log',
    'auxiliary/nullable.ts',
    '...rest',
    'a'.repeat(255),
  ])('takes %j as it is', (raw) => {
    expect(parsePath(raw)).toMatchObject({ ok: true, path: raw.normalize('NFC') });
  });

  it.each([
    ['', 'is empty'],
    ['/etc/passwd', 'starts at the root'],
    ['C:/Windows/system.ini', 'drive'],
    ['c:evil', 'drive'],
    ['../secret', '. or ..'],
    ['a/../../b', '. or ..'],
    ['a/./b', '. or ..'],
    ['a//b', 'empty name'],
    ['a/', 'empty name'],
    ['a\\b', 'separated by /'],
    ['..\\..\\boot.ini', 'separated by /'],
    ['a\0.txt', 'control'],
    ['a\nb', 'control'],
    ['a\u007f', 'control'],
    ['a\u0085b', 'control'],
    ['a\u2028b', 'control'],
    ['exe.\u202egpj', 'hides or reorders'],
    ['a\u2066b\u2069', 'hides or reorders'],
    ['a\u200fb', 'hides or reorders'],
    ['a\u200bb', 'hides or reorders'],
    ['\ufeffa', 'hides or reorders'],
    ['a\ud800b', 'Unicode'],
    ['\udc00', 'Unicode'],
    ['a\uffff', 'Unicode'],
    ['a.', 'dot or a space'],
    ['a./b', 'dot or a space'],
    ['a ', 'dot or a space'],
    ['a /b', 'dot or a space'],
    ['a\u00a0', 'dot or a space'],
    ['CON', 'device'],
    ['src/nul.txt', 'device'],
    ['Aux.tar.gz', 'device'],
    ['com1', 'device'],
    ['lpt9.log', 'device'],
    ['com¹', 'device'],
    ['prn /a', 'dot or a space'],
    ['prn .txt', 'device'],
    ['conin$', 'device'],
    ['a'.repeat(256), 'longer than 255 bytes'],
    ['é'.repeat(128), 'longer than 255 bytes'],
    [`${'a/'.repeat(512)}a`, 'longer than 1024 bytes'],
    ['x'.repeat(4096), 'longer than 1024 bytes'],
  ])('refuses %j and says that it %s', (raw, reason) => {
    expect(parsePath(raw)).toEqual({ ok: false, reason: expect.stringContaining(reason) });
  });

  it('stores the composed form, so that both forms of é are one file', () => {
    expect(parsePath('cafe\u0301.txt')).toMatchObject({ ok: true, path: 'caf\u00e9.txt' });
  });

  it.each([
    ['README.md', 'readme.MD'],
    ['cafe\u0301', 'CAF\u00c9'],
    ['straße', 'STRASSE'],
    ['ὈΔΥΣΣΕΎΣ.txt', 'ὀδυσσεύς.txt'],
    ['ὀδυσσεύσ', 'ὀδυσσεύς'],
    ['ﬁle', 'file'],
    ['ΐ', '\u03b9\u0308\u0301'],
    ['Äpfel/Öl', 'äpfel/öl'],
  ])('knows %s and %s as one file', (a, b) => {
    expect(key(a)).toBe(key(b));
  });

  it.each([
    ['ı.txt', 'i.txt'],
    ['a/b', 'a_b'],
    ['ａ', 'a'],
    ['a1', 'a²'],
  ])('knows %s and %s as two files', (a, b) => {
    expect(key(a)).not.toBe(key(b));
  });

  it('changes nothing when it parses what it gave, and its key stays small enough for an index', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 300 }), (raw) => {
        const parsed = parsePath(raw);
        if (!parsed.ok) return;
        expect(parsePath(parsed.path)).toEqual(parsed);
        expect(Buffer.byteLength(parsed.path)).toBeLessThanOrEqual(MAX_PATH_BYTES);
        expect(Buffer.byteLength(parsed.key)).toBeLessThanOrEqual(2 * MAX_PATH_BYTES);
        expect(parsed.key.split('/')).toHaveLength(parsed.path.split('/').length);
      }),
      { numRuns: 2000 },
    );
  });

  it('folds every character to at most twice its bytes', () => {
    for (let code = 1; code <= 0x10ffff; code++) {
      const parsed = parsePath(`${String.fromCodePoint(code)}x`);
      if (parsed.ok && Buffer.byteLength(parsed.key) > 2 * Buffer.byteLength(parsed.path))
        throw new Error(`U+${code.toString(16)} becomes ${parsed.key}`);
    }
  });
});

describe('folderKeys', () => {
  it('names the folders above, outermost first', () => {
    expect(folderKeys('a/b/c.txt')).toEqual(['a', 'a/b']);
    expect(folderKeys('c.txt')).toEqual([]);
  });
});
