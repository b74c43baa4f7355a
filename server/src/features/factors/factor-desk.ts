import { Injectable } from '@nestjs/common';
import { TandemError } from '@tandem/protocol';
import type { Factors, RecoveryCodes, StartedTotp } from '@tandem/protocol/http';
import { Accounts } from '../../core/access/accounts.js';
import { AuditLog } from '../../core/access/audit-log.js';
import { newRecoveryCodes } from '../../core/access/factor-rules.js';
import { SecondFactors } from '../../core/access/second-factors.js';
import { TotpCodes } from '../../core/access/totp-codes.js';
import type { AuthenticatedUser } from '../../platform/http/current-user.decorator.js';
import { OutgoingMails } from '../account/outgoing-mails.js';
import { Reauthentication } from '../account/reauthentication.js';
import { SecondStep } from './second-step.js';

/** One's own second factor: on, off, and the codes for who has lost it (decision 016). */
@Injectable()
export class FactorDesk {
  constructor(
    private readonly accounts: Accounts,
    private readonly factors: SecondFactors,
    private readonly totp: TotpCodes,
    private readonly step: SecondStep,
    private readonly reauthentication: Reauthentication,
    private readonly audit: AuditLog,
    private readonly mails: OutgoingMails,
  ) {}

  async state({ userId }: AuthenticatedUser): Promise<Factors> {
    const { since, recoveryCodes } = await this.factors.state(userId);
    return { totp: since === null ? null : { since }, recoveryCodes };
  }

  async start(
    user: AuthenticatedUser,
    currentPassword: string | undefined,
    address: string | undefined,
  ): Promise<StartedTotp> {
    const known = await this.accounts.credentialsById(user.userId);
    if (known?.account.kind === 'guest') throw new TandemError('forbidden', 'Guests do not sign in again');
    if (known?.passwordHash === null) {
      throw new TandemError('forbidden', 'A code is asked for after a password: this account has none');
    }
    const { account } = await this.reauthentication.require(user, currentPassword, address);
    const secret = this.totp.newSecret();
    if (!(await this.factors.begin(account.id, secret))) throw new TandemError('factor_exists');
    return this.totp.describe(secret, account.email ?? account.displayName);
  }

  async confirm({ userId }: AuthenticatedUser, code: string, address: string | undefined): Promise<RecoveryCodes> {
    const { codes, hashes } = newRecoveryCodes();
    await this.step.confirm(userId, code, hashes);
    await this.audit.record({ action: 'factor.enabled', actorId: userId, ...(address ? { address } : {}) });
    this.tell(userId, 'factorEnabled');
    return { recoveryCodes: codes };
  }

  async end({ userId }: AuthenticatedUser, code: string, address: string | undefined): Promise<void> {
    await this.requireCode(userId, code, address);
    await this.factors.end(userId);
    await this.audit.record({ action: 'factor.disabled', actorId: userId, ...(address ? { address } : {}) });
    this.tell(userId, 'factorDisabled');
  }

  async renew({ userId }: AuthenticatedUser, code: string, address: string | undefined): Promise<RecoveryCodes> {
    await this.requireCode(userId, code, address);
    const { codes, hashes } = newRecoveryCodes();
    await this.factors.replaceRecoveryCodes(userId, hashes);
    return { recoveryCodes: codes };
  }

  /** The owner, who may not be the one who did it. */
  private tell(userId: string, kind: 'factorEnabled' | 'factorDisabled'): void {
    if (!this.mails.isConfigured) return;
    this.mails.later(async () => {
      const email = (await this.accounts.byId(userId))?.email;
      if (email) await this.mails.send(email, kind, this.mails.signIn);
    });
  }

  private async requireCode(userId: string, code: string, address: string | undefined): Promise<void> {
    if (!(await this.step.isAsked(userId))) throw new TandemError('not_found', 'Two-step sign-in is off');
    await this.step.require(userId, code, address);
  }
}
