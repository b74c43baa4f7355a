/**
 * Passwords in and out of argon2id. The work is bounded, so that many sign-ins at once cannot take the processors from
 * the edits: both methods reject with TandemError `rate_limited` when too many wait already.
 */
export abstract class PasswordHashes {
  /** PHC form, with a salt of its own. */
  abstract hash(password: string): Promise<string>;
  /** Takes as long for no hash as for a wrong password, so that time does not tell which accounts exist. */
  abstract verify(hash: string | null, password: string): Promise<boolean>;
}
