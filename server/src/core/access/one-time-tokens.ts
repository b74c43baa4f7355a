import type { Account } from './accounts.js';
import type { WrittenChange } from './changes.js';

/** What the link of a mail does; a token of one kind is unknown to every other (A31). */
export type TokenPurpose = 'register' | 'verify' | 'email' | 'reset';

const MINUTE_MS = 60_000;

/** How long a link works, in milliseconds. A link that can take an account over lives shortest. */
export const TOKEN_TTL_MS: Readonly<Record<TokenPurpose, number>> = {
  register: 24 * 60 * MINUTE_MS,
  verify: 24 * 60 * MINUTE_MS,
  email: 60 * MINUTE_MS,
  reset: 30 * MINUTE_MS,
};

/** Mails of one purpose that one address gets in an hour, whoever asks for them: nobody's mailbox is filled from here. */
export const MAILS_PER_HOUR = 5;

/** An account to be. */
export interface Registration {
  readonly email: string;
  readonly displayName: string;
  readonly passwordHash: string;
}

/** What a link did, and what to tell of it. */
export interface Redeemed {
  readonly account: Account;
  /** The address before, where it is another one now. */
  readonly previousEmail: string | null;
}

/**
 * What links in mails are good for. A token has 256 bits, is known by its hash only (A40), is bound to its purpose and to the
 * address that it was mailed to, and works once: it is used up in the transaction that does what it is for.
 *
 * Methods that make one resolve to undefined where no mail is due: the address has had enough of them.
 */
export abstract class OneTimeTokens {
  /** Also for an address that has an account: a token that is mailed to nobody, so that both take as long. */
  abstract forRegistration(registration: Registration): Promise<string | undefined>;
  /** Undefined also where the user has no address, or one that is verified. */
  abstract forVerification(userId: string): Promise<{ token: string; email: string } | undefined>;
  /** Replaces a change that waits. */
  abstract forEmailChange(userId: string, email: string): Promise<string | undefined>;
  /** Undefined also where nobody has this address. */
  abstract forReset(email: string): Promise<string | undefined>;

  /** What a registration would make; the token stays as it is. */
  abstract registration(token: string): Promise<Registration | undefined>;
  /** Makes the account, verified. Undefined: unknown, used or old. Rejects with `email_taken`. */
  abstract redeemRegistration(token: string): Promise<Account | undefined>;
  /** Verifies the address, or changes to it. Rejects with `email_taken` when somebody else has it by now. */
  abstract redeemVerification(token: string): Promise<Redeemed | undefined>;
  /** Whose password a token would set; it stays as it is. */
  abstract resetAccount(token: string): Promise<Account | undefined>;
  /** Sets the password, verifies the address, forgets changes of it that wait, and ends every session. */
  abstract redeemReset(
    token: string,
    passwordHash: string,
  ): Promise<{ readonly account: Account; readonly written: readonly WrittenChange[] } | undefined>;
}
