import { z } from 'zod';
import { id, time } from '../wire/fields.js';
import { tokens } from './auth.js';

/** Who can say who somebody is, instead of a password. `name` is for the button. */
export const signInProvider = z.object({ id: z.string(), name: z.string(), kind: z.enum(['oidc', 'github']) });
export const signInProviderList = z.object({ providers: z.array(signInProvider) });

/** 256 random bits in base64url without padding, as `crypto.getRandomValues` gives them. */
const secret = z.string().regex(/^[\w-]{43}$/);
/** A place in the page: a path from its root, never another site (A35). A browser takes `\` for `/`, and drops tabs and lines. */
export const relativePath = z
  .string()
  .max(1024)
  .regex(/^\/(?![/\\])[^\\\p{Cc}]*$/u);

/**
 * `browserKey` never leaves the page until it comes back from the provider: who has only the address that the provider sends
 * the browser to has not signed in, and nobody can be signed in as somebody else by following a link.
 */
export const oidcStartBody = z.strictObject({ browserKey: secret, next: relativePath.optional() });
/** Where to send the browser; good for 10 minutes. */
export const oidcStart = z.object({ url: z.url() });

/** `code` is what the page finds behind `#signed-in=` or `#linked=`; good once, for 60 s. */
export const oidcTokenBody = z.strictObject({ code: secret, browserKey: secret });
export const oidcTokens = tokens.extend({
  /** The account was made by this sign-in. */
  isNew: z.boolean(),
  next: relativePath.optional(),
});

/** How somebody else knows the user. */
export const identity = z.object({
  id,
  issuer: z.string(),
  /** Of the provider; the issuer where it is not configured any more, or only issues tokens. */
  providerName: z.string(),
  email: z.string().nullable(),
  displayName: z.string().nullable(),
  createdAt: time,
  lastUsedAt: time,
});
export const identityList = z.object({ identities: z.array(identity) });
export const linkedIdentity = identity.extend({ next: relativePath.optional() });

/** Why a sign-in came back without a code, behind `#sign-in-failed=`. */
export const SIGN_IN_FAILURES = ['denied', 'expired', 'failed', 'unavailable'] as const;

export type SignInProvider = z.infer<typeof signInProvider>;
export type OidcTokens = z.infer<typeof oidcTokens>;
export type Identity = z.infer<typeof identity>;
export type LinkedIdentity = z.infer<typeof linkedIdentity>;
export type SignInFailure = (typeof SIGN_IN_FAILURES)[number];
