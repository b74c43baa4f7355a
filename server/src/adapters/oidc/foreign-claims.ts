import { email as emailSchema } from '@tandem/protocol/http';
import { z } from 'zod';
import type { ForeignIdentity } from '../../core/access/oidc-providers.js';

const NAME_LENGTH = 80;
/** What PostgreSQL refuses in a text, and what would break the lines of a list. */
const UNFIT = /[\p{Cc}\p{Cs}]+/gu;

/** OpenID Connect Core 2: at most 255 characters. */
const subject = z
  .string()
  .min(1)
  .max(255)
  .refine((value) => !/[\p{Cc}\p{Cs}]/u.test(value));

/**
 * Reads the standard claims of an issuer (OpenID Connect Core 5.1). Only `sub` must be there; throws a ZodError without it.
 * `email_verified` counts when it is true, or the text `true` as some send it; `trustEmail` says what its absence means.
 */
export function identityOf(
  issuer: string,
  claims: Readonly<Record<string, unknown>>,
  trustEmail = false,
): ForeignIdentity {
  const email = emailSchema.safeParse(claims.email).data ?? null;
  const { email_verified: said } = claims;
  return {
    issuer,
    subject: subject.parse(claims.sub),
    email,
    emailVerified: email !== null && (said === undefined ? trustEmail : said === true || said === 'true'),
    displayName: nameOf(claims.name) ?? nameOf(claims.preferred_username) ?? nameOf(claims.nickname),
  };
}

/**
 * Of an ID token, with what userinfo adds to it. `email_verified` is of the source that the address is of: one must not vouch for
 * the address that the other tells.
 */
export function joinedClaims(
  token: Readonly<Record<string, unknown>>,
  info: Readonly<Record<string, unknown>>,
): Readonly<Record<string, unknown>> {
  const [source, other] = token.email === undefined ? [info, token] : [token, info];
  const isSilent = other.email === undefined || other.email === source.email;
  const verified = source.email_verified ?? (isSilent ? other.email_verified : undefined);
  return { ...info, ...token, email_verified: verified };
}

function nameOf(claim: unknown): string | null {
  if (typeof claim !== 'string') return null;
  return [...claim.replace(UNFIT, ' ').trim()].slice(0, NAME_LENGTH).join('').slice(0, NAME_LENGTH).trim() || null;
}
