import { Injectable } from '@nestjs/common';
import { TandemError } from '@tandem/protocol';
import type { CreatedToken, createTokenBody } from '@tandem/protocol/http';
import type { z } from 'zod';
import { Accounts } from '../../core/access/accounts.js';
import { AuditLog } from '../../core/access/audit-log.js';
import { Changes } from '../../core/access/changes.js';
import { isFresh } from '../../core/access/fresh-sign-in.js';
import { newPersonalToken } from '../../core/access/personal-token-verifier.js';
import { type PersonalToken, PersonalTokens } from '../../core/access/personal-tokens.js';
import { hashSecretToken } from '../../core/access/secret-tokens.js';
import { SignInSessions } from '../../core/access/sign-in-sessions.js';
import type { AuthenticatedUser } from '../../platform/http/current-user.decorator.js';

/** Makes and ends personal access tokens. */
@Injectable()
export class PersonalTokenDesk {
  constructor(
    private readonly tokens: PersonalTokens,
    private readonly sessions: SignInSessions,
    private readonly accounts: Accounts,
    private readonly changes: Changes,
    private readonly audit: AuditLog,
  ) {}

  /**
   * Rejects with `insufficient_scope` for who comes with a token of their own making, whatever its scopes: it could make one
   * that may more, or lives longer; with `forbidden` for guests, `fresh_sign_in_required`, or `too_many_tokens`.
   */
  async create(
    user: AuthenticatedUser,
    { name, scopes, expiresInDays: days }: z.output<typeof createTokenBody>,
    address: string | undefined,
  ): Promise<CreatedToken> {
    if (user.scopes !== undefined) {
      throw new TandemError('insufficient_scope', 'Tokens are made by people who are signed in');
    }
    const { userId } = user;
    const account = await this.accounts.byId(userId);
    if (account === undefined) throw new TandemError('invalid_token');
    if (account.kind === 'guest') throw new TandemError('forbidden', 'Guests have no tokens');
    const session = (await this.sessions.ofUser(userId)).find(({ id }) => id === user.sessionId);
    if (!isFresh(session, Date.now())) throw new TandemError('fresh_sign_in_required');
    const { token, hint } = newPersonalToken();
    const created = await this.tokens.create({ userId, tokenHash: hashSecretToken(token), name, scopes, hint, days });
    await this.audit.record({
      action: 'token.created',
      actorId: userId,
      target: created.id,
      address,
      details: { name, scopes: scopes.join(' '), days },
    });
    return { ...created, scopes: [...created.scopes], token };
  }

  ofUser(userId: string): Promise<PersonalToken[]> {
    return this.tokens.ofUser(userId);
  }

  /** Rejects with `not_found`. */
  async revoke(userId: string, id: string, address: string | undefined): Promise<void> {
    const written = await this.tokens.revoke(userId, id);
    if (written === undefined) throw new TandemError('not_found');
    this.changes.publish(written);
    await this.audit.record({ action: 'token.revoked', actorId: userId, target: id, address });
  }
}
