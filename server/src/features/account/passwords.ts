import { Injectable } from '@nestjs/common';
import { TandemError } from '@tandem/protocol';
import { Accounts } from '../../core/access/accounts.js';
import { AuditLog } from '../../core/access/audit-log.js';
import { Changes } from '../../core/access/changes.js';
import { OneTimeTokens } from '../../core/access/one-time-tokens.js';
import { PasswordHashes } from '../../core/access/password-hashes.js';
import type { CallerOrigin } from '../../platform/http/caller.decorator.js';
import type { AuthenticatedUser } from '../../platform/http/current-user.decorator.js';
import { OutgoingMails } from './outgoing-mails.js';
import { PasswordPolicy } from './password-policy.js';
import { Reauthentication } from './reauthentication.js';

/** New passwords: by who knows the old one, has none yet, or reads the mail of the account. */
@Injectable()
export class Passwords {
  constructor(
    private readonly accounts: Accounts,
    private readonly tokens: OneTimeTokens,
    private readonly hashes: PasswordHashes,
    private readonly policy: PasswordPolicy,
    private readonly mails: OutgoingMails,
    private readonly reauthentication: Reauthentication,
    private readonly changes: Changes,
    private readonly audit: AuditLog,
  ) {}

  /** Every other session ends. */
  async change(
    user: AuthenticatedUser,
    password: string,
    currentPassword: string | undefined,
    { address }: CallerOrigin,
  ): Promise<void> {
    const { account } = await this.reauthentication.requirePassword(user, currentPassword, address);
    if (account.email === null) {
      throw new TandemError('forbidden', 'A password goes with an e-mail address: this account has none');
    }
    this.policy.check(password, account);
    const written = await this.accounts.setPassword(account.id, await this.hashes.hash(password), user.sessionId);
    for (const one of written) this.changes.publish(one);
    await this.audit.record({ action: 'password.changed', actorId: account.id, ...(address ? { address } : {}) });
    this.tellOwner(account.email);
  }

  /** The same answer, at the same time, whether the address has an account or not (A38). Throws `mail_unavailable`. */
  requestReset(email: string): void {
    if (!this.mails.isConfigured) {
      throw new TandemError('mail_unavailable', 'This server sends no mail: whoever runs it can help');
    }
    this.mails.later(async () => {
      const token = await this.tokens.forReset(email);
      if (token !== undefined) await this.mails.send(email, 'reset', this.mails.link('reset', token));
    });
  }

  /** Rejects with `link_expired`, or `weak_password`, after which the link still works. Does not sign in. */
  async reset(token: string, password: string, { address }: CallerOrigin): Promise<void> {
    const account = await this.tokens.resetAccount(token);
    if (account === undefined) throw new TandemError('link_expired');
    this.policy.check(password, account);
    const done = await this.tokens.redeemReset(token, await this.hashes.hash(password));
    if (done === undefined) throw new TandemError('link_expired');
    for (const one of done.written) this.changes.publish(one);
    await this.audit.record({ action: 'password.reset', actorId: account.id, ...(address ? { address } : {}) });
    if (done.account.email !== null) this.tellOwner(done.account.email);
  }

  private tellOwner(email: string): void {
    if (this.mails.isConfigured) this.mails.later(() => this.mails.send(email, 'passwordChanged', this.mails.signIn));
  }
}
