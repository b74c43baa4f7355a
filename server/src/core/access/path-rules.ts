import type { Role } from '@tandem/protocol';
import type { PathRule } from '@tandem/protocol/http';
import { matchesPath } from '../project/path-patterns.js';
import { pathKey } from '../project/paths.js';

/** Where in a project somebody does something, and the rules of the project, in their order. */
export interface Place {
  readonly userId: string;
  readonly path: string;
  readonly rules: readonly PathRule[];
}

/**
 * The role that a member acts under at a path (decision 018). Rules narrow editors to commenters and never widen a role; who may
 * change them is past them. The last that fits holds.
 */
export function roleAt(role: Role, { userId, path, rules }: Place): Role {
  if (role !== 'editor' || rules.length === 0) return role;
  const key = pathKey(path);
  const ruling = rules.findLast((rule) => isFor(rule, userId) && matchesPath(key, [`/${pathKey(rule.path)}`]));
  return ruling?.access === 'read' ? 'commenter' : role;
}

function isFor(rule: PathRule, userId: string): boolean {
  return rule.userId === null || rule.userId === userId;
}
