/** `email` is null for a guest who came by a link. */
export interface Account {
  readonly id: string;
  readonly email: string | null;
  readonly displayName: string;
}

export interface Credentials {
  readonly account: Account;
  /** argon2id in PHC form; null where no password signs in. */
  readonly passwordHash: string | null;
}

/** Who has an account here. E-mail addresses are in lower case. */
export abstract class Accounts {
  /** Resolves after the commit. Rejects with TandemError `email_taken`. */
  abstract create(account: { email: string; displayName: string; passwordHash: string }): Promise<Account>;
  abstract byId(id: string): Promise<Account | undefined>;
  abstract credentials(email: string): Promise<Credentials | undefined>;
}
