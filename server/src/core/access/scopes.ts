import type { Role } from '@tandem/protocol';
import type { Scope } from '@tandem/protocol/http';

/** Scopes that hold others: who may change a file or ask for suggestions in it has to see it. */
const CONTAINS: Record<Scope, ReadonlySet<Scope>> = {
  read: new Set(['read']),
  write: new Set(['read', 'write']),
  ai: new Set(['read', 'ai']),
  account: new Set(['account']),
};

/** Whether a token of these scopes may be used for what needs `scope`. A token without scopes carries all rights of its user. */
export function allows(scopes: readonly Scope[] | undefined, scope: Scope): boolean {
  return scopes === undefined || scopes.some((given) => CONTAINS[given].has(scope));
}

/** The most that a token of these scopes makes of any role; undefined: no bound. */
export function ceilingOf(scopes: readonly Scope[] | undefined): Role | undefined {
  return allows(scopes, 'write') ? undefined : 'viewer';
}

/** The role that an editor acts under: its own, or what its token leaves of it. */
export function underCeiling(role: Role, ceiling: Role | undefined): Role {
  // The ceiling is the lowest role that there is: whatever the role, this is no more.
  return ceiling ?? role;
}
