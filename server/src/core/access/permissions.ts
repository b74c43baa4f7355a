import type { Role } from '@tandem/protocol';
import { type Place, roleAt } from './path-rules.js';

export type Action =
  | 'project.read'
  /** Name, settings, AI context. */
  | 'project.change'
  | 'project.delete'
  | 'members.read'
  /** Add, change and remove members, up to and including maintainers. */
  | 'members.change'
  /** Make somebody an owner; change or remove one. */
  | 'owners.change'
  /** Where in the project editors may write. */
  | 'rules.change'
  /** Who did what to members, rights and the project. */
  | 'audit.read'
  | 'document.read'
  | 'document.write'
  | 'document.create'
  | 'document.move'
  | 'document.delete'
  /** Throw away what everybody has of a document, and begin it anew. */
  | 'document.reset'
  /** Who changed what, and texts of before. */
  | 'history.read'
  /** Give moments of a document names. */
  | 'history.name'
  /** Bring back a text of before, as an edit. */
  | 'history.restore'
  /** Ask for completions and analysis: both cost, and what they give is for who may write. */
  | 'ai.use';

/** Who may do what. The one table: REST and sockets ask `can`, nobody compares roles. */
const GRANTS: Record<Role, ReadonlySet<Action>> = (() => {
  const viewer: Action[] = ['project.read', 'members.read', 'document.read', 'history.read'];
  const commenter: Action[] = [...viewer];
  const editor: Action[] = [
    ...commenter,
    'document.write',
    'document.create',
    'document.move',
    'document.delete',
    'history.name',
    'history.restore',
    'ai.use',
  ];
  const maintainer: Action[] = [
    ...editor,
    'project.change',
    'members.change',
    'rules.change',
    'audit.read',
    'document.reset',
  ];
  const owner: Action[] = [...maintainer, 'owners.change', 'project.delete'];
  return {
    viewer: new Set(viewer),
    commenter: new Set(commenter),
    editor: new Set(editor),
    maintainer: new Set(maintainer),
    owner: new Set(owner),
  };
})();

/** `place`: of what is done to a file, so that the rules of its path count (decision 018). */
export function can(role: Role, action: Action, place?: Place): boolean {
  return GRANTS[place ? roleAt(role, place) : role].has(action);
}
