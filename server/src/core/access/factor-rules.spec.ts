import { describe, expect, it } from '@jest/globals';
import { newRecoveryCodes, RECOVERY_CODES, readCode, unusedStep } from './factor-rules.js';

describe('codes of the second step', () => {
  it('takes six digits for a code of the app, however they are grouped', () => {
    for (const text of ['123456', ' 123 456 ', '123-456']) {
      expect(readCode(text)).toEqual({ kind: 'totp', digits: '123456' });
    }
  });

  it('knows a recovery code again, in capitals and without its dashes', () => {
    const { codes, hashes } = newRecoveryCodes();
    expect(new Set(codes).size).toBe(RECOVERY_CODES);
    codes.forEach((code, index) => {
      expect(code).toMatch(/^[0-9a-z]{4}(-[0-9a-z]{4}){3}$/);
      for (const text of [code, code.toUpperCase(), code.replaceAll('-', ' '), code.replaceAll('-', '')]) {
        expect(readCode(text)).toEqual({ kind: 'recovery', hash: hashes[index] });
      }
    });
  });

  it('takes nothing else', () => {
    for (const text of ['', '12345', '1234567', '١٢٣٤٥٦', 'password', '0'.repeat(17)]) {
      expect(readCode(text)).toBeUndefined();
    }
  });

  it('A31 uses a step once, and none before it', () => {
    expect([4, 5, 6, undefined].map((step) => unusedStep(step, 5))).toEqual([undefined, undefined, 6, undefined]);
  });
});
