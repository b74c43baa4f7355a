import { id, type Role, role } from '@tandem/protocol';

/** Role by project id. */
export type ProjectRoles = Readonly<Record<string, Role>>;

/** A membership that an issuer wants: no `to`, none. */
export interface RoleChange {
  readonly projectId: string;
  readonly to?: Role;
}

/**
 * Reads the claim of a token, an object of project ids and roles. Undefined when it is missing: such a token says nothing
 * about roles. What cannot be read grants nothing.
 */
export function parseRoles(claim: unknown): ProjectRoles | undefined {
  if (claim === undefined) return undefined;
  if (typeof claim !== 'object' || claim === null) return {};
  return Object.fromEntries(
    Object.entries(claim).flatMap(([key, value]) => {
      const project = id.safeParse(key);
      const granted = role.safeParse(value);
      return project.success && granted.success ? [[project.data, granted.data]] : [];
    }),
  );
}

/** What is different from what the issuer granted before, in the order in which projects are locked. */
export function roleChanges(before: ProjectRoles, after: ProjectRoles): RoleChange[] {
  const projects = [...new Set([...Object.keys(before), ...Object.keys(after)])].sort();
  return projects
    .filter((projectId) => before[projectId] !== after[projectId])
    .map((projectId) => ({ projectId, to: after[projectId] }));
}

/**
 * What an issuer's wish comes to. A project without members was deleted, and gets none; the last owner stays, as nobody could
 * run the project any more.
 */
export function judgeExternalRole(
  from: Role | undefined,
  to: Role | undefined,
  { members, owners }: { readonly members: number; readonly owners: number },
): 'add' | 'change' | 'remove' | 'keep' {
  if (from === to || members === 0) return 'keep';
  if (from === 'owner' && owners <= 1) return 'keep';
  if (from === undefined) return 'add';
  return to === undefined ? 'remove' : 'change';
}
