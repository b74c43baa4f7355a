import { Injectable } from '@nestjs/common';
import { TandemError } from '@tandem/protocol';
import type { EmailChange, VerifiedEmail } from '@tandem/protocol/http';
import { Accounts } from '../../core/access/accounts.js';
import { AuditLog } from '../../core/access/audit-log.js';
import { OneTimeTokens } from '../../core/access/one-time-tokens.js';
import type { CallerOrigin } from '../../platform/http/caller.decorator.js';
import type { AuthenticatedUser } from '../../platform/http/current-user.decorator.js';
import { OutgoingMails } from './outgoing-mails.js';
import { Reauthentication } from './reauthentication.js';

/** E-mail addresses: that they are their owners', and other ones. */
@Injectable()
export class Addresses {
  constructor(
    private readonly accounts: Accounts,
    private readonly tokens: OneTimeTokens,
    private readonly mails: OutgoingMails,
    private readonly reauthentication: Reauthentication,
    private readonly audit: AuditLog,
  ) {}

  /** Sends the mail once more; nothing where the address is verified. Rejects with `mail_unavailable`. */
  sendVerification(userId: string): void {
    if (!this.mails.isConfigured) throw new TandemError('mail_unavailable');
    this.mails.later(async () => {
      const due = await this.tokens.forVerification(userId);
      if (due) await this.mails.send(due.email, 'verify', this.mails.link('verify', due.token));
    });
  }

  /** Rejects with `link_expired`, or `email_taken` when the address went to somebody else meanwhile. */
  async verify(token: string, caller: CallerOrigin): Promise<VerifiedEmail> {
    const redeemed = await this.tokens.redeemVerification(token);
    const email = redeemed?.account.email;
    if (!redeemed || !email) throw new TandemError('link_expired');
    const { account, previousEmail } = redeemed;
    if (previousEmail !== null) {
      this.mails.later(() => this.mails.send(previousEmail, 'emailChanged', email));
      await this.audit.record({ action: 'email.changed', actorId: account.id, ...addressOf(caller) });
    }
    return { email };
  }

  /** With mail the answer is the same whether the new address is taken or not, and its owner is told. */
  async change(
    user: AuthenticatedUser,
    email: string,
    password: string | undefined,
    caller: CallerOrigin,
  ): Promise<EmailChange> {
    const { account } = await this.reauthentication.require(user, password, caller.address);
    if (account.kind === 'guest') throw new TandemError('forbidden', 'A guest has no account: register to have one');
    if (account.email === email) return { status: 'changed' };
    if (!this.mails.isConfigured) {
      await this.accounts.changeEmail(account.id, email);
      await this.audit.record({ action: 'email.changed', actorId: account.id, ...addressOf(caller) });
      return { status: 'changed' };
    }
    this.mails.later(() => this.mailChange(account.id, account.email, email));
    return { status: 'mail_sent' };
  }

  private async mailChange(userId: string, from: string | null, to: string): Promise<void> {
    const token = await this.tokens.forEmailChange(userId, to);
    if (token === undefined) return;
    const { signIn } = this.mails;
    if (from !== null) await this.mails.send(from, 'emailChangeAsked', to, signIn);
    const isTaken = (await this.accounts.credentials(to)) !== undefined;
    if (isTaken) await this.mails.send(to, 'addressInUse', signIn);
    else await this.mails.send(to, 'changeEmail', this.mails.link('verify', token));
  }
}

const addressOf = ({ address }: CallerOrigin) => (address === undefined ? {} : { address });
