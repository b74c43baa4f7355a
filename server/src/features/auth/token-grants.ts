import { Injectable } from '@nestjs/common';
import { TandemError } from '@tandem/protocol';
import type { Tokens } from '@tandem/protocol/http';
import { PinoLogger } from 'nestjs-pino';
import { AccessTokens } from '../../core/access/access-tokens.js';
import type { Account } from '../../core/access/accounts.js';
import { Changes } from '../../core/access/changes.js';
import { hashSecretToken, newSecretToken, RefreshChain } from '../../core/access/secret-tokens.js';
import { SignInSessions } from '../../core/access/sign-in-sessions.js';
import { AuthSettings } from './auth-settings.js';

/** Sign-ins from their first token pair to their end. */
@Injectable()
export class TokenGrants {
  constructor(
    private readonly sessions: SignInSessions,
    private readonly accessTokens: AccessTokens,
    private readonly chain: RefreshChain,
    private readonly changes: Changes,
    private readonly settings: AuthSettings,
    private readonly log: PinoLogger,
  ) {
    log.setContext('auth');
  }

  /** A new session for an account that has shown who it is. */
  async start(account: Account): Promise<Tokens> {
    const refreshToken = newSecretToken();
    const sessionId = await this.sessions.start(
      account.id,
      hashSecretToken(refreshToken),
      this.settings.refreshTokenTtl,
    );
    return this.pair(account, sessionId, refreshToken);
  }

  /** Rejects with `invalid_token`; a token that was exchanged before ends its session, for the thief and the owner (A34). */
  async refresh(token: string): Promise<Tokens> {
    const successor = this.chain.successor(token);
    const rotation = await this.sessions.rotate(
      hashSecretToken(token),
      hashSecretToken(successor),
      this.settings.refreshTokenTtl,
    );
    if (rotation.outcome === 'rotated') return this.pair(rotation.account, rotation.sessionId, successor);
    if (rotation.outcome === 'reused') {
      const { sessionId, userId } = rotation;
      this.log.warn({ sessionId, userId }, 'A refresh token came twice: the session is revoked');
      this.changes.publish({ type: 'session.revoked', sessionId });
    }
    throw new TandemError('invalid_token');
  }

  /** Ends the session; an unknown token has none to end (RFC 7009 2.2). */
  async end(token: string): Promise<void> {
    const sessionId = await this.sessions.revoke(hashSecretToken(token));
    if (sessionId !== undefined) this.changes.publish({ type: 'session.revoked', sessionId });
  }

  private async pair(account: Account, sessionId: string, refreshToken: string): Promise<Tokens> {
    const { token, expiresAt } = await this.accessTokens.issue({
      userId: account.id,
      sessionId,
      displayName: account.displayName,
    });
    const expiresIn = Math.max(0, Math.round((expiresAt - Date.now()) / 1000));
    return { accessToken: token, refreshToken, expiresIn, user: account };
  }
}
