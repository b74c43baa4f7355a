import { createHash, randomBytes } from 'node:crypto';

/** How many recovery codes somebody is given at a time. */
export const RECOVERY_CODES = 10;

/** Without letters that are taken for others (Crockford's base32). */
const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz';
const RECOVERY_LENGTH = 16;

/** What somebody gives as second step. */
export type GivenCode =
  | { readonly kind: 'totp'; readonly digits: string }
  | { readonly kind: 'recovery'; readonly hash: Buffer };

/** Undefined for what can be neither. Spaces, dashes and capitals do not count. */
export function readCode(text: string): GivenCode | undefined {
  const plain = text.replace(/[\s-]/g, '').toLowerCase();
  if (/^\d{6}$/.test(plain)) return { kind: 'totp', digits: plain };
  if (plain.length === RECOVERY_LENGTH) return { kind: 'recovery', hash: hashOf(plain) };
  return undefined;
}

/** Codes of 80 random bits in groups of four, and what is stored of them. */
export function newRecoveryCodes(): { codes: string[]; hashes: Buffer[] } {
  const plain = Array.from({ length: RECOVERY_CODES }, () =>
    // 32 divides 256: every character is as likely.
    Array.from(randomBytes(RECOVERY_LENGTH), (byte) => ALPHABET.charAt(byte % ALPHABET.length)).join(''),
  );
  return { codes: plain.map((code) => code.replace(/(.{4})(?=.)/g, '$1-')), hashes: plain.map(hashOf) };
}

/** The step that a code counts for, unless it or a later one was used before: who has looked on gains nothing (RFC 6238 5.2). */
export function unusedStep(step: number | undefined, lastStep: number): number | undefined {
  return step !== undefined && step > lastStep ? step : undefined;
}

const hashOf = (plain: string) => createHash('sha256').update(plain).digest();
