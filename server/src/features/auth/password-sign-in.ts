import { Injectable } from '@nestjs/common';
import { TandemError } from '@tandem/protocol';
import { type Account, Accounts } from '../../core/access/accounts.js';
import { PasswordHashes } from '../../core/access/password-hashes.js';
import { SignInThrottle } from '../../core/access/sign-in-throttle.js';
import { SecondStep } from '../factors/second-step.js';

/** What somebody gives to sign in. */
interface Credentials {
  readonly email: string;
  readonly password: string;
  /** Of the second step. */
  readonly code?: string | undefined;
}

/** Local accounts. */
@Injectable()
export class PasswordSignIn {
  constructor(
    private readonly accounts: Accounts,
    private readonly hashes: PasswordHashes,
    private readonly second: SecondStep,
    private readonly throttle: SignInThrottle,
  ) {}

  /**
   * Rejects with `invalid_credentials`, the same and after the same work for an unknown account, or `rate_limited`; and where the
   * account has a second factor with `second_factor_required`, which only who knows the password is told.
   */
  signIn({ email, password, code }: Credentials, address: string): Promise<Account> {
    return this.throttle.attempt('password', email, address, async () => {
      const account = await this.judge(email, password);
      if (account === undefined) throw new TandemError('invalid_credentials');
      // A wrong code counts as a wrong password does.
      await this.secondStep(account, code, address);
      return account;
    });
  }

  private async secondStep({ id }: Account, code: string | undefined, address: string): Promise<void> {
    if (!(await this.second.isAsked(id))) return;
    if (code === undefined) throw new TandemError('second_factor_required');
    await this.second.require(id, code, address);
  }

  private async judge(email: string, password: string): Promise<Account | undefined> {
    const credentials = await this.accounts.credentials(email);
    const right = await this.hashes.verify(credentials?.passwordHash ?? null, password);
    return right ? credentials?.account : undefined;
  }
}
