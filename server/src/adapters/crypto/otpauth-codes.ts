import { Secret, TOTP } from 'otpauth';
import { TotpCodes } from '../../core/access/totp-codes.js';

const ISSUER = 'Tandem';
const SECRET_BYTES = 20;
const PERIOD_S = 30;
/** Steps before and after now: clocks of phones are off by some seconds, and people type. */
const WINDOW = 1;

export class OtpauthCodes extends TotpCodes {
  override newSecret(): Uint8Array {
    return new Secret({ size: SECRET_BYTES }).bytes;
  }

  override describe(bytes: Uint8Array, account: string): { secret: string; uri: string } {
    const totp = codesOf(bytes, account);
    return { secret: totp.secret.base32, uri: totp.toString() };
  }

  override step(bytes: Uint8Array, digits: string, now: number): number | undefined {
    const delta = codesOf(bytes).validate({ token: digits, timestamp: now, window: WINDOW });
    return delta === null ? undefined : Math.floor(now / 1000 / PERIOD_S) + delta;
  }
}

function codesOf(bytes: Uint8Array, label = ''): TOTP {
  // A copy: a Buffer may be a window on a larger block of memory, all of which would be taken.
  const secret = new Secret({ buffer: new Uint8Array(bytes).buffer });
  return new TOTP({ issuer: ISSUER, label, secret, algorithm: 'SHA1', digits: 6, period: PERIOD_S });
}
