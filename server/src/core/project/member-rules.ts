import type { Role } from '@tandem/protocol';
import { can } from '../access/permissions.js';

/** A member is added (no `from`), gets another role, or is removed (no `to`). */
export interface MemberChange {
  /** Role of who asks for it. */
  readonly actor: Role;
  /** Whether the member it is about is the one who asks. */
  readonly self: boolean;
  readonly from?: Role;
  readonly to?: Role;
  /** Owners before the change. */
  readonly owners: number;
}

/**
 * Who may change which member: those with `members.change`, and only those with `owners.change` where an owner is made,
 * lowered or removed. So nobody can raise a role above their own. Leaving needs no right; the last owner stays.
 */
export function memberChangeRefusal(change: MemberChange): 'forbidden' | 'last_owner' | undefined {
  const { actor, self, from, to, owners } = change;
  const leaving = self && from !== undefined && to === undefined;
  const needed = from === 'owner' || to === 'owner' ? 'owners.change' : 'members.change';
  if (!leaving && !can(actor, needed)) return 'forbidden';
  if (from === 'owner' && to !== 'owner' && owners <= 1) return 'last_owner';
  return undefined;
}
