import type { Role } from '@tandem/protocol';
import type { Committed } from '../project/committed.js';
import type { Account } from './accounts.js';

export interface NewSignInLink {
  readonly projectId: string;
  /** The file that it opens. */
  readonly documentId?: string;
  /** What each guest becomes in the project. */
  readonly role: Role;
}

export interface Guest {
  readonly account: Account;
  readonly projectId: string;
  readonly documentId: string | undefined;
  readonly role: Role;
}

export const LINK_TTL_MS = 30 * 60_000;
/** A link that leaks into a crowd stops making accounts here. */
export const LINK_MAX_USES = 200;

/** Links that sign in whoever opens them, as a new guest each time. */
export abstract class SignInLinks {
  /** Resolves to the token for the URL's fragment, good for `LINK_TTL_MS` and `LINK_MAX_USES`. */
  abstract create(link: NewSignInLink): Promise<string>;
  /**
   * Makes a guest and a member of the link's project, in one transaction. Not safe to repeat: each use is another guest.
   * Resolves to undefined for a link that is unknown, expired or used up.
   */
  abstract redeem(token: string, displayName: string): Promise<Committed<Guest> | undefined>;
}
