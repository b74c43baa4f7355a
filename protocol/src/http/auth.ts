import { z } from 'zod';
import { id } from '../wire/fields.js';

export const email = z.string().trim().toLowerCase().max(254).pipe(z.email());
/** 15 to 256 characters, compared in NFC; no rules of composition (NIST 800-63B-4). */
export const password = z
  .string()
  .transform((value) => value.normalize('NFC'))
  .pipe(z.string().min(15).max(256));
export const displayName = z.string().trim().min(1).max(80);

export const registerBody = z.strictObject({ email, password, displayName });
/** Six digits of an authenticator app, or a recovery code; spaces and dashes do not count. */
export const secondFactorCode = z.string().max(64);
/**
 * At sign-in the length is not judged: a wrong password and an impossible one get the same answer. `code`: for who has a second
 * factor, asked for by `second_factor_required`.
 */
export const loginBody = z.strictObject({
  email,
  password: z
    .string()
    .max(256)
    .transform((v) => v.normalize('NFC')),
  code: secondFactorCode.optional(),
});
export const refreshBody = z.strictObject({ refreshToken: z.string().max(512) });
export const logoutBody = refreshBody;
/** The token of a printed link; each use signs in a new guest. */
export const linkBody = z.strictObject({ token: z.string().max(512), displayName: displayName.optional() });

/** `email` is null for a guest, and for who came by an identity provider that told none. */
export const user = z.object({
  id,
  email: z.string().nullable(),
  displayName: z.string(),
  /** A guest came by a link and cannot sign in again. */
  kind: z.enum(['person', 'guest']),
  /** Whether its owner has opened a mail to `email`. */
  emailVerified: z.boolean(),
});

/** `expiresIn`: seconds until the access token ends. */
export const tokens = z.object({
  accessToken: z.string(),
  refreshToken: z.string(),
  expiresIn: z.number().int(),
  user,
});
/** What a link opens, beside the tokens. */
export const linkTokens = tokens.extend({ projectId: id, documentId: id.optional() });

export type User = z.infer<typeof user>;
export type Tokens = z.infer<typeof tokens>;
export type LinkTokens = z.infer<typeof linkTokens>;
