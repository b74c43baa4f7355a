import { Injectable } from '@nestjs/common';
import { TandemError } from '@tandem/protocol';
import { Accounts, type Credentials } from '../../core/access/accounts.js';
import { isFresh } from '../../core/access/fresh-sign-in.js';
import { PasswordHashes } from '../../core/access/password-hashes.js';
import { SignInSessions } from '../../core/access/sign-in-sessions.js';
import { SignInThrottle } from '../../core/access/sign-in-throttle.js';
import { addressGroup } from '../../core/limits/address-group.js';
import type { AuthenticatedUser } from '../../platform/http/current-user.decorator.js';

/**
 * Whoever found an unlocked screen, or stole a token, shall not be able to keep the account or to end it: what does so asks
 * again who it is (ASVS 7.5.1).
 */
@Injectable()
export class Reauthentication {
  constructor(
    private readonly accounts: Accounts,
    private readonly sessions: SignInSessions,
    private readonly hashes: PasswordHashes,
    private readonly throttle: SignInThrottle,
  ) {}

  /**
   * Resolves to the account when `password` is right, or when none was given and the session is a fresh sign-in. Rejects with
   * `invalid_credentials`, `fresh_sign_in_required`, or `rate_limited` for who guesses.
   */
  async require(user: AuthenticatedUser, password: string | undefined, address = ''): Promise<Credentials> {
    const credentials = await this.known(user);
    if (password !== undefined) await this.judge(credentials, password, address);
    else await this.requireFresh(user);
    return credentials;
  }

  /** As `require`, but who has a password must give it. */
  async requirePassword(user: AuthenticatedUser, password: string | undefined, address = ''): Promise<Credentials> {
    const { passwordHash } = await this.known(user);
    if (passwordHash !== null && password === undefined) throw askAgain();
    return this.require(user, password, address);
  }

  private async known({ userId }: AuthenticatedUser): Promise<Credentials> {
    const credentials = await this.accounts.credentialsById(userId);
    if (credentials === undefined) throw new TandemError('invalid_token');
    return credentials;
  }

  private async requireFresh({ userId, sessionId }: AuthenticatedUser): Promise<void> {
    const session = (await this.sessions.ofUser(userId)).find(({ id }) => id === sessionId);
    if (!isFresh(session, Date.now())) throw askAgain();
  }

  private judge({ account, passwordHash }: Credentials, password: string, address: string): Promise<void> {
    return this.throttle.attempt('proof', account.id, addressGroup(address), async () => {
      const isRight = await this.hashes.verify(passwordHash, password);
      if (!isRight) throw new TandemError('invalid_credentials', 'The password is wrong');
    });
  }
}

function askAgain(): TandemError {
  return new TandemError('fresh_sign_in_required', 'Give your password, or sign in again first');
}
