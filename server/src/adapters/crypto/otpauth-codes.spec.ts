import { describe, expect, it } from '@jest/globals';
import { OtpauthCodes } from './otpauth-codes.js';

const codes = new OtpauthCodes();
/** RFC 6238, appendix B: the SHA-1 rows, of which six digits are used here. */
const SECRET = Buffer.from('12345678901234567890');
const VECTORS = [
  [59, '287082'],
  [1111111109, '081804'],
  [1234567890, '005924'],
  [20000000000, '353130'],
] as const;

describe('codes of authenticator apps', () => {
  it.each(VECTORS)('are those of RFC 6238 at %i s', (seconds, digits) => {
    expect(codes.step(SECRET, digits, seconds * 1000)).toBe(Math.floor(seconds / 30));
  });

  it('A37 count one step before and after their own, and no longer', () => {
    const [seconds, digits] = VECTORS[1];
    const step = Math.floor(seconds / 30);
    const at = (steps: number) => codes.step(SECRET, digits, (step + steps) * 30_000);
    expect([-2, -1, 0, 1, 2].map(at)).toEqual([undefined, step, step, step, undefined]);
  });

  it('are made by apps from 160 bits of secret that the address carries', () => {
    const secret = codes.newSecret();
    expect(secret).toHaveLength(20);
    const told = codes.describe(secret, 'ada@example.org');
    expect(told.secret).toMatch(/^[A-Z2-7]{32}$/);
    const uri = new URL(told.uri);
    expect([uri.protocol, uri.host, decodeURIComponent(uri.pathname)]).toEqual([
      'otpauth:',
      'totp',
      '/Tandem:ada@example.org',
    ]);
    expect(uri.searchParams.get('secret')).toBe(told.secret);
  });
});
