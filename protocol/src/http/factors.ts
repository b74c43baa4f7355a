import { z } from 'zod';
import { secondFactorCode } from './auth.js';

/** One's second factor. Times are epoch milliseconds. */
export const factors = z.object({
  /** Since when codes of an app are asked for at sign-in; null: they are not. */
  totp: z.object({ since: z.number() }).nullable(),
  /** Recovery codes that are left. */
  recoveryCodes: z.number().int(),
});

/** `currentPassword` may be left out within 15 minutes of signing in. */
export const startTotpBody = z.strictObject({
  currentPassword: z
    .string()
    .max(256)
    .transform((value) => value.normalize('NFC'))
    .optional(),
});

/** For an authenticator app: the secret in base32, and the same as an `otpauth://` address (Key URI format). */
export const startedTotp = z.object({ secret: z.string(), uri: z.string() });

/** A code of the app; for what is not `confirm`, a recovery code too. */
export const factorCodeBody = z.strictObject({ code: secondFactorCode });

/** Shown once: each signs in in place of a code, once. */
export const recoveryCodes = z.object({ recoveryCodes: z.array(z.string()) });

export type Factors = z.infer<typeof factors>;
export type StartedTotp = z.infer<typeof startedTotp>;
export type RecoveryCodes = z.infer<typeof recoveryCodes>;
