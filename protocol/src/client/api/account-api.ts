import type { z } from 'zod';
import type {
  Account,
  AccountDeletion,
  changeEmailBody,
  changePasswordBody,
  deleteAccountBody,
  EmailChange,
  VerifiedEmail,
} from '../../http/account.js';
import type { User } from '../../http/auth.js';
import type { ApiPort } from './history-api.js';

/** How the account's routes are asked: some by who is not signed in. */
export interface AccountPort extends ApiPort {
  /** Without a token. */
  open<T>(method: string, path: string, body?: unknown): Promise<T>;
}

/**
 * One's own account. What can take it over asks for the password again, `invalid_credentials` when it is wrong; who has none
 * must have signed in within 15 minutes, else `fresh_sign_in_required`. Links of mails are `link_expired` once they are
 * used or old. New passwords that are easy to guess are `weak_password`.
 */
export class AccountApi {
  constructor(private readonly api: AccountPort) {}

  get(): Promise<Account> {
    return this.api.json('GET', '/users/me/account');
  }

  /** Others see the new name at once; one's own editors from the next renewal of the token on. */
  rename(displayName: string): Promise<User> {
    return this.api.json('PATCH', '/users/me', { displayName });
  }

  /**
   * The address changes when the link in the mail to the new one is opened; at once on a server without mail, where
   * `email_taken` is told.
   */
  changeEmail(body: z.input<typeof changeEmailBody>): Promise<EmailChange> {
    return this.api.json('POST', '/users/me/email', body);
  }

  /** Sends the mail that verifies one's address once more. Rejects with `mail_unavailable` on a server without mail. */
  async sendVerification(): Promise<void> {
    await this.api.json('POST', '/users/me/email/verification');
  }

  /** Ends every other session of the user. */
  changePassword(body: z.input<typeof changePasswordBody>): Promise<void> {
    return this.api.json('PUT', '/users/me/password', body);
  }

  /** Uses the link of a mail that verifies an address, or changes to it. Nobody has to be signed in. */
  verifyEmail(token: string): Promise<VerifiedEmail> {
    return this.api.open('POST', '/auth/verify-email', { token });
  }

  /** Resolves alike whether the address has an account or not. Rejects with `mail_unavailable` on a server without mail. */
  async requestPasswordReset(email: string): Promise<void> {
    await this.api.open('POST', '/auth/password-reset', { email });
  }

  /** Uses the link of the mail; ends every session of the user. Does not sign in. */
  resetPassword(token: string, password: string): Promise<void> {
    return this.api.open('POST', '/auth/password-reset/confirm', { token, password });
  }

  /** All that the server keeps of the user, as the text of a JSON file. */
  export(): Promise<string> {
    return this.api.text('/users/me/export');
  }

  /** What deleting the account would take along, and what stands in its way. */
  deletion(): Promise<AccountDeletion> {
    return this.api.json('GET', '/users/me/deletion');
  }

  /**
   * Deletes the account for good. Rejects with `last_owner` (`details.projects`) while other people would be left in a project
   * without an owner.
   */
  delete(body: z.input<typeof deleteAccountBody> = {}): Promise<void> {
    return this.api.json('POST', '/users/me/deletion', body);
  }
}
