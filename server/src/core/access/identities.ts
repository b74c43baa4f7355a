import type { Account } from './accounts.js';
import type { WrittenChange } from './changes.js';
import type { ProjectRoles } from './external-roles.js';
import type { ForeignIdentity } from './oidc-providers.js';
import type { SignUpRules } from './oidc-rules.js';

/** How an issuer knows a user. Times are epoch milliseconds. */
export interface StoredIdentity {
  readonly id: string;
  readonly issuer: string;
  readonly email: string | null;
  readonly displayName: string | null;
  readonly createdAt: number;
  readonly lastUsedAt: number;
}

/** Whose an identity is: known before, linked by its address just now, or of a new account; or why it is nobody's. */
export type Resolution =
  | { readonly outcome: 'known' | 'linked' | 'created'; readonly identityId: string; readonly account: Account }
  | { readonly outcome: 'taken' }
  | { readonly outcome: 'closed' };

/** Whom a token of an issuer speaks for. */
export interface KnownIdentity {
  readonly identityId: string;
  readonly userId: string;
  readonly displayName: string;
}

/** What users are to identity providers and to issuers of tokens. An identity belongs to one account, for as long as it is linked. */
export abstract class Identities {
  /** Finds, links or makes the account, in one transaction (`judgeNewIdentity`). Safe to repeat. */
  abstract resolve(identity: ForeignIdentity, rules: SignUpRules): Promise<Resolution>;
  /** Gathered: asked at every request with a token of somebody else's. */
  abstract find(issuer: string, subject: string): Promise<KnownIdentity | undefined>;
  /** Rejects with TandemError `identity_taken` when it is another account's, `forbidden` for a guest. Safe to repeat. */
  abstract link(userId: string, identity: ForeignIdentity): Promise<StoredIdentity>;
  /** Oldest first. */
  abstract list(userId: string): Promise<StoredIdentity[]>;
  /**
   * Resolves to what ends the sockets of the issuer's own tokens. Memberships that the issuer granted stay. Rejects with
   * `not_found`, and with `last_sign_in` when the account has no password and no other identity of an issuer that signs in.
   */
  abstract unlink(userId: string, identityId: string, signsIn: (issuer: string) => boolean): Promise<WrittenChange>;
  /**
   * Gives the user the roles of a token that was issued at `asOf` (epoch milliseconds), as far as they differ from those of the
   * token before, with fence and events; a token that is older than one that was seen changes nothing. Resolves to what to tell.
   */
  abstract grant(identityId: string, roles: ProjectRoles, asOf: number): Promise<readonly WrittenChange[]>;
}
