import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { BadKey, Unacceptable } from './acceptable.js';
import { MalformedBytes } from './byte-reader.js';
import { JsonScanner } from './json-scanner.js';

function verdict(text: string, piece = 1): 'taken' | 'refused' {
  const scanner = new JsonScanner(text);
  try {
    while (scanner.scan(piece));
    return 'taken';
  } catch (error) {
    if (error instanceof MalformedBytes) return 'refused';
    throw error;
  }
}

function parsed(text: string): 'taken' | 'refused' {
  try {
    JSON.parse(text);
    return 'taken';
  } catch {
    return 'refused';
  }
}

const json = fc.json().filter((text) => !/__proto__|prototype|constructor/.test(text));

/** Made of what JSON is made of: most are nearly JSON. */
const TOKENS = [
  ...'{}[],:"\\ \t\n019.-+eE',
  'true',
  'fals',
  'null',
  '"a"',
  '"a":',
  '\\u00e4',
  '\\u00',
  '\u0001',
  'ä',
  '\ufeff',
];

describe('JsonScanner', () => {
  it('takes what JSON.parse takes, in pieces of any size', () => {
    fc.assert(
      fc.property(json, fc.integer({ min: 1, max: 20 }), (text, piece) => {
        expect(verdict(text, piece)).toBe('taken');
        expect(verdict(JSON.stringify(JSON.parse(text), undefined, 2), piece)).toBe('taken');
      }),
    );
  });

  it('refuses what JSON.parse refuses', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...TOKENS), { maxLength: 12 }), (tokens) => {
        const text = tokens.join('');
        expect([text, verdict(text)]).toEqual([text, parsed(text)]);
      }),
      { numRuns: 5000 },
    );
    fc.assert(
      fc.property(json, fc.nat(), fc.constantFrom('', ...TOKENS), (text, at, token) => {
        const place = at % (text.length + 1);
        const broken = text.slice(0, place) + token + text.slice(place + 1);
        expect([broken, verdict(broken)]).toEqual([broken, parsed(broken)]);
      }),
      { numRuns: 2000 },
    );
  });

  it.each(['{"a":{"__proto__":1}}', '[{"\\u005f_proto__":1}]', '{"constructor":[]}'])(
    'A9: finds the key that no document may hold in %s',
    (text) => {
      expect(() => verdict(text)).toThrow(BadKey);
    },
  );

  it('A8: finds values that are nested too deep', () => {
    expect(verdict(`${'['.repeat(64)}1${']'.repeat(64)}`)).toBe('taken');
    expect(() => verdict(`${'['.repeat(65)}1${']'.repeat(65)}`)).toThrow(Unacceptable);
  });
});
