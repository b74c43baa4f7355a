import type { Role } from '@tandem/protocol';
import type { Member } from '@tandem/protocol/http';
import type { Committed } from './committed.js';

/**
 * The members of a project. Refusals as in `Projects`; `memberChangeRefusal` decides, in the transaction of the change.
 * A change that can take away somebody's right to write also moves the fence of the project's documents (decision 002):
 * once it has resolved, no append that was admitted under the old rights commits.
 */
export abstract class Members {
  /** Oldest first. */
  abstract list(userId: string, projectId: string): Promise<Member[]>;
  /**
   * `among`: everybody who has registered, or those with whom `userId` shares a project, whose address is no news. Rejects with
   * `not_found` when nobody of them has that address, and `already_member`.
   */
  abstract add(
    userId: string,
    projectId: string,
    email: string,
    role: Role,
    among?: 'everybody' | 'acquaintances',
  ): Promise<Committed<Member>>;
  /** Rejects with `last_owner` when none would be left. A repeat changes nothing. */
  abstract change(userId: string, projectId: string, memberId: string, role: Role): Promise<Committed<Member>>;
  /** Rejects with `last_owner` when none would be left; everybody may remove themselves. */
  abstract remove(userId: string, projectId: string, memberId: string): Promise<Committed<void>>;
}
