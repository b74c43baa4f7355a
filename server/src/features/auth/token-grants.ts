import { Injectable } from '@nestjs/common';
import { TandemError } from '@tandem/protocol';
import type { Tokens } from '@tandem/protocol/http';
import { PinoLogger } from 'nestjs-pino';
import { AccessTokens } from '../../core/access/access-tokens.js';
import type { Account } from '../../core/access/accounts.js';
import { AuditLog } from '../../core/access/audit-log.js';
import { Changes } from '../../core/access/changes.js';
import { describeAgent } from '../../core/access/describe-agent.js';
import { hashSecretToken, newSecretToken, RefreshChain } from '../../core/access/secret-tokens.js';
import { type SessionOrigin, SignInSessions } from '../../core/access/sign-in-sessions.js';
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
    private readonly audit: AuditLog,
    private readonly log: PinoLogger,
  ) {
    log.setContext('auth');
  }

  /**
   * A new session for an account that has shown who it is. `origin`: how, and from where; `passwordHash`: by which password, if
   * by one. Rejects with `invalid_credentials` when that was changed meanwhile.
   */
  async start(account: Account, origin?: SessionOrigin, passwordHash?: string): Promise<Tokens> {
    const refreshToken = newSecretToken();
    const agent = describeAgent(origin?.agent) ?? undefined;
    const sessionId = await this.sessions.start(
      account.id,
      hashSecretToken(refreshToken),
      this.settings.refreshTokenTtl,
      origin && { kind: origin.kind, agent, address: origin.address },
      passwordHash,
    );
    await this.audit.record({
      action: 'sign_in',
      actorId: account.id,
      target: sessionId,
      address: origin?.address,
      details: { kind: origin?.kind ?? null, agent: agent ?? null },
    });
    return this.pair(account, sessionId, refreshToken);
  }

  /** Rejects with `invalid_token`; a token that was exchanged before ends its session, for the thief and the owner (A34). */
  async refresh(token: string, address?: string): Promise<Tokens> {
    const successor = this.chain.successor(token);
    const rotation = await this.sessions.rotate(
      hashSecretToken(token),
      hashSecretToken(successor),
      this.settings.refreshTokenTtl,
      address,
    );
    if (rotation.outcome === 'rotated') return this.pair(rotation.account, rotation.sessionId, successor);
    if (rotation.outcome === 'reused') {
      const { sessionId, userId, written } = rotation;
      this.log.warn({ sessionId, userId }, 'A refresh token came twice: the session is revoked');
      this.changes.publish(written);
      await this.audit.record({ action: 'refresh.reused', actorId: userId, target: sessionId, address });
    }
    throw new TandemError('invalid_token');
  }

  /** Ends the session; an unknown token has none to end (RFC 7009 2.2). */
  async end(token: string, address?: string): Promise<void> {
    const ended = await this.sessions.revoke(hashSecretToken(token));
    if (ended === undefined) return;
    const { userId, ...written } = ended;
    this.changes.publish(written);
    const target = written.change.type === 'session.revoked' ? written.change.sessionId : undefined;
    await this.audit.record({ action: 'session.revoked', actorId: userId, target, address, details: { by: 'logout' } });
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
