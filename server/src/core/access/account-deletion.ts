import type { WrittenChange } from './changes.js';

/** Who is named as the author of what a user wrote whose account is gone. Without an apostrophe: it stands in SQL. */
export const DELETED_USER = 'Deleted user';

export interface NamedProject {
  readonly id: string;
  readonly name: string;
}

/** What would go with an account, and what stands in its way. */
export interface DeletionPlan {
  /** Nobody else is in them; guests, who can own nothing, do not count. */
  readonly deletes: readonly NamedProject[];
  /** Their last owner, with others in them: somebody else must own them first. */
  readonly handOver: readonly NamedProject[];
}

/**
 * The end of an account (decision 017). What its user wrote stays, by nobody: documents, their history and the accepted
 * suggestions in them name `DELETED_USER`. All else goes in one transaction: memberships, behind the fence of their projects,
 * sessions and tokens, whose sockets are closed, links, profile, AI requests, and the name in events that are yet to be
 * published.
 */
export abstract class AccountDeletion {
  abstract plan(userId: string): Promise<DeletionPlan>;
  /** Rejects with `last_owner` and the projects in its details while there are some to hand over. Safe to repeat. */
  abstract delete(userId: string): Promise<readonly WrittenChange[]>;
}
