import { Injectable } from '@nestjs/common';
import { TandemError } from '@tandem/protocol';
import { type Account, Accounts } from '../../core/access/accounts.js';
import { PasswordHashes } from '../../core/access/password-hashes.js';
import { SignInThrottle } from '../../core/access/sign-in-throttle.js';
import { SecondStep } from '../factors/second-step.js';

/** What somebody gives to sign in. */
interface Given {
  readonly email: string;
  readonly password: string;
  /** Of the second step. */
  readonly code?: string | undefined;
}

/** Whose the password is, and what is stored of it. */
interface SignedIn {
  readonly account: Account;
  readonly passwordHash: string;
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
  signIn({ email, password, code }: Given, address: string): Promise<SignedIn> {
    return this.throttle.attempt('password', email, address, async () => {
      const signedIn = await this.judge(email, password);
      if (signedIn === undefined) throw new TandemError('invalid_credentials');
      // A wrong code counts as a wrong password does.
      await this.secondStep(signedIn.account, code, address);
      return signedIn;
    });
  }

  private async secondStep({ id }: Account, code: string | undefined, address: string): Promise<void> {
    if (!(await this.second.isAsked(id))) return;
    if (code === undefined) throw new TandemError('second_factor_required');
    await this.second.require(id, code, address);
  }

  private async judge(email: string, password: string): Promise<SignedIn | undefined> {
    const { account, passwordHash = null } = (await this.accounts.credentials(email)) ?? {};
    const isRight = await this.hashes.verify(passwordHash, password);
    return isRight && account && passwordHash !== null ? { account, passwordHash } : undefined;
  }
}
