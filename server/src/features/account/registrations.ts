import { Injectable } from '@nestjs/common';
import { TandemError } from '@tandem/protocol';
import { type Account, Accounts } from '../../core/access/accounts.js';
import { OneTimeTokens, type Registration } from '../../core/access/one-time-tokens.js';
import { PasswordHashes } from '../../core/access/password-hashes.js';
import { addressGroup } from '../../core/limits/address-group.js';
import { KeyedBuckets } from '../../core/limits/keyed-buckets.js';
import { OutgoingMails } from './outgoing-mails.js';
import { PasswordPolicy } from './password-policy.js';

export interface NewAccount {
  readonly email: string;
  readonly password: string;
  readonly displayName: string;
}

/** Mails to strangers that one network address can have sent: a lecture registers, but nobody mails the world from here. */
const MAILS = { burst: 300, perSecond: 1 };

/** New accounts. With mail they begin in the mailbox: only who reads it learns whether there was one already (A38). */
@Injectable()
export class Registrations {
  private readonly mailed = new KeyedBuckets(MAILS.burst, MAILS.perSecond);

  constructor(
    private readonly accounts: Accounts,
    private readonly tokens: OneTimeTokens,
    private readonly hashes: PasswordHashes,
    private readonly policy: PasswordPolicy,
    private readonly mails: OutgoingMails,
  ) {}

  /**
   * Resolves to the account on a server without mail, where it rejects with `email_taken`: there is no other way to tell the
   * owner. With mail it resolves to undefined, the same and at the same time for an address that is taken. Rejects with
   * `weak_password`.
   */
  async register({ email, password, displayName }: NewAccount, address: string): Promise<Account | undefined> {
    this.policy.check(password, { email, displayName });
    if (!this.mails.isConfigured) {
      return this.accounts.create({ email, displayName, passwordHash: await this.hashes.hash(password) });
    }
    const wait = this.mailed.take(addressGroup(address), performance.now());
    if (wait > 0) throw new TandemError('rate_limited', undefined, undefined, wait);
    const registration = { email, displayName, passwordHash: await this.hashes.hash(password) };
    this.mails.later(() => this.mail(registration));
    return undefined;
  }

  /**
   * Makes the account that the mail was about. The password is asked for again: who reads the mail but did not register must
   * not open, with a click, an account that somebody else knows the password of. Rejects with `link_expired`,
   * `invalid_credentials`, after which the link still works, and `email_taken`.
   */
  async confirm(token: string, password: string): Promise<Account> {
    const registration = await this.tokens.registration(token);
    if (registration === undefined) throw new TandemError('link_expired');
    if (!(await this.hashes.verify(registration.passwordHash, password))) {
      throw new TandemError('invalid_credentials', 'This is not the password that you chose when you registered');
    }
    const account = await this.tokens.redeemRegistration(token);
    if (account === undefined) throw new TandemError('link_expired');
    return account;
  }

  private async mail(registration: Registration): Promise<void> {
    const { email } = registration;
    const token = await this.tokens.forRegistration(registration);
    if (token === undefined) return;
    const isTaken = (await this.accounts.credentials(email)) !== undefined;
    if (isTaken) await this.mails.send(email, 'alreadyRegistered', this.mails.signIn);
    else await this.mails.send(email, 'register', this.mails.link('register', token));
  }
}
