import type { WrittenChange } from './changes.js';

/** `email` is null for a guest, and for who came by an identity provider that told none. */
export interface Account {
  readonly id: string;
  readonly email: string | null;
  readonly displayName: string;
  /** A guest came by a link, has no way to sign in again and is deleted with the history that names him. */
  readonly kind: 'person' | 'guest';
  /** Whether its owner has shown to read mail to `email`. */
  readonly emailVerified: boolean;
}

export interface Credentials {
  readonly account: Account;
  /** argon2id in PHC form; null where no password signs in. */
  readonly passwordHash: string | null;
}

/** What a page about one's own account shows, beside the account. */
export interface AccountState {
  readonly account: Account;
  readonly hasPassword: boolean;
  /** An address that waits to be confirmed. */
  readonly pendingEmail: string | null;
  /** Epoch milliseconds. */
  readonly createdAt: number;
}

/** Who has an account here. E-mail addresses are in lower case. */
export abstract class Accounts {
  /** Resolves after the commit. Rejects with TandemError `email_taken`. */
  abstract create(account: { email: string; displayName: string; passwordHash: string }): Promise<Account>;
  abstract byId(id: string): Promise<Account | undefined>;
  abstract credentials(email: string): Promise<Credentials | undefined>;
  abstract credentialsById(id: string): Promise<Credentials | undefined>;
  abstract state(id: string): Promise<AccountState | undefined>;
  /** Members of the user's projects are told. Undefined: there is no such user. */
  abstract rename(id: string, displayName: string): Promise<AccountChange | undefined>;
  /** At once and unverified. Rejects with `email_taken`. */
  abstract changeEmail(id: string, email: string): Promise<Account | undefined>;
  /**
   * Ends every session of the user but one, in the same transaction, and forgets links that would set another one, or bring the
   * account to another address, where a reset would.
   */
  abstract setPassword(id: string, passwordHash: string, exceptSessionId: string): Promise<readonly WrittenChange[]>;
}

/** An account as it is now, and what to tell others of it. */
export interface AccountChange {
  readonly account: Account;
  readonly written: readonly WrittenChange[];
}
