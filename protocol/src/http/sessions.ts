import { z } from 'zod';
import { id, time } from '../wire/fields.js';

/**
 * What a personal access token may be used for: `read` sees, `write` changes files and projects, `ai` asks for completions and
 * analysis, `account` changes the account itself.
 */
export const SCOPES = ['read', 'write', 'ai', 'account'] as const;
export const scope = z.enum(SCOPES);

/** A sign-in that goes on. `agent` is browser and system in words; `kind` and `agent` are null where they are not known. */
export const session = z.object({
  id,
  kind: z.string().nullable(),
  agent: z.string().nullable(),
  address: z.string().nullable(),
  createdAt: time,
  lastUsedAt: time,
  /** The one that asks. */
  isCurrent: z.boolean(),
});
export const sessionList = z.object({ sessions: z.array(session) });
/** `except=current` leaves the one that asks. */
export const endSessionsQuery = z.strictObject({ except: z.literal('current').optional() });

/** Days; a token for ever is a password that nobody changes. */
export const MAX_TOKEN_DAYS = 365;
export const tokenName = z.string().trim().min(1).max(80);

export const createTokenBody = z.strictObject({
  name: tokenName,
  scopes: z
    .array(scope)
    .min(1)
    .max(SCOPES.length)
    .refine((scopes) => new Set(scopes).size === scopes.length, 'Each scope once'),
  /** Days until it ends. */
  expiresInDays: z.number().int().min(1).max(MAX_TOKEN_DAYS).default(90),
});

/** What is known of a token after it was shown. `lastUsedAt` is to the minute. */
export const personalToken = z.object({
  id,
  name: z.string(),
  scopes: z.array(scope),
  /** Its first characters, to tell it from others. */
  hint: z.string(),
  createdAt: time,
  expiresAt: time,
  lastUsedAt: time.nullable(),
});
export const personalTokenList = z.object({ tokens: z.array(personalToken) });
/** `token` is answered this once: only its hash is kept. */
export const createdToken = personalToken.extend({ token: z.string() });

export type Scope = z.infer<typeof scope>;
export type Session = z.infer<typeof session>;
export type SessionList = z.infer<typeof sessionList>;
export type PersonalToken = z.infer<typeof personalToken>;
export type PersonalTokenList = z.infer<typeof personalTokenList>;
export type CreatedToken = z.infer<typeof createdToken>;
export type NewPersonalToken = z.input<typeof createTokenBody>;
