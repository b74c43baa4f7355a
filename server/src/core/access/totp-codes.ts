/** Time-based one-time passwords (RFC 6238) as every authenticator app makes them: SHA-1, six digits, 30 seconds. */
export abstract class TotpCodes {
  /** 160 random bits. */
  abstract newSecret(): Uint8Array;
  /** For the app: base32, and an address in the Key URI format. `account`: what the app shows beside the codes. */
  abstract describe(secret: Uint8Array, account: string): { readonly secret: string; readonly uri: string };
  /** The time step that `digits` are the code of: the one of `now` (epoch milliseconds), the one before or after; else undefined. */
  abstract step(secret: Uint8Array, digits: string, now: number): number | undefined;
}
