import { Injectable } from '@nestjs/common';
import { TandemError } from '@tandem/protocol';
import { type Account, Accounts } from '../../core/access/accounts.js';
import { PasswordHashes } from '../../core/access/password-hashes.js';
import { SignInThrottle } from '../../core/access/sign-in-throttle.js';

/** Local accounts. */
@Injectable()
export class PasswordSignIn {
  private readonly throttle = new SignInThrottle();

  constructor(
    private readonly accounts: Accounts,
    private readonly hashes: PasswordHashes,
  ) {}

  /**
   * Rejects with `email_taken`: without a mail server there is no other way to tell the owner. So this route says who has
   * an account, which sign-in hides; its rate is limited by address.
   */
  async register({ email, password, displayName }: { email: string; password: string; displayName: string }) {
    return this.accounts.create({ email, displayName, passwordHash: await this.hashes.hash(password) });
  }

  /** Rejects with `invalid_credentials`, the same and after the same work for an unknown account, or `rate_limited`. */
  async signIn(email: string, password: string, address: string): Promise<Account> {
    const wait = this.throttle.begin(email, address, Date.now());
    if (wait > 0) throw new TandemError('rate_limited', undefined, undefined, wait);
    const account = await this.judge(email, password).catch((error: unknown) => {
      this.throttle.abandoned(email, address);
      throw error;
    });
    if (account === undefined) throw new TandemError('invalid_credentials');
    this.throttle.succeeded(email, address);
    return account;
  }

  private async judge(email: string, password: string): Promise<Account | undefined> {
    const credentials = await this.accounts.credentials(email);
    const right = await this.hashes.verify(credentials?.passwordHash ?? null, password);
    return right ? credentials?.account : undefined;
  }
}
