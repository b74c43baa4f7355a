import { TandemError } from '@tandem/protocol';
import type { TokenClaims } from './access-tokens.js';
import type { PersonalTokens } from './personal-tokens.js';
import { hashSecretToken, newSecretToken } from './secret-tokens.js';
import type { TokenVerifier } from './token-verifiers.js';

/** What scanners of leaked secrets, and people, tell these tokens by. */
const PREFIX = 'tdm_';
const FORM = /^tdm_[\w-]{43}$/;
const HINT_LENGTH = 8;
/** Of one token, in milliseconds: a program that asks a hundred times a second writes once a minute. */
const TOUCH_EVERY = 60_000;
/** Tokens whose last use is remembered. */
const MOST_TOUCHED = 10_000;

/** A new token and the part of it that may be shown later. */
export function newPersonalToken(): { token: string; hint: string } {
  const token = PREFIX + newSecretToken();
  return { token, hint: token.slice(0, HINT_LENGTH) };
}

/** Judges personal access tokens. */
export class PersonalTokenVerifier implements TokenVerifier {
  private readonly touched = new Map<string, number>();

  constructor(
    private readonly tokens: Pick<PersonalTokens, 'find' | 'touch'>,
    private readonly now: () => number = Date.now,
  ) {}

  takes(token: string): boolean {
    return token.startsWith(PREFIX);
  }

  /** Rejects with TandemError `invalid_token`, or `token_expired`. */
  async verify(token: string): Promise<TokenClaims> {
    const found = FORM.test(token) ? await this.tokens.find(hashSecretToken(token)) : undefined;
    if (found === undefined) throw new TandemError('invalid_token');
    const { id, userId, displayName, scopes, expiresAt } = found;
    if (expiresAt <= this.now()) throw new TandemError('token_expired');
    this.touch(id);
    return { userId, sessionId: id, displayName, expiresAt, scopes };
  }

  private touch(id: string): void {
    const now = this.now();
    if (now - (this.touched.get(id) ?? Number.NEGATIVE_INFINITY) < TOUCH_EVERY) return;
    if (this.touched.size >= MOST_TOUCHED) this.touched.clear();
    this.touched.set(id, now);
    // Nobody waits for it: the next use writes it again.
    this.tokens.touch(id).catch(() => this.touched.delete(id));
  }
}
