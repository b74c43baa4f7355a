import { describe, expect, it } from '@jest/globals';
import { judgeExternalRole, parseRoles, roleChanges } from './external-roles.js';

const A = '00000000-0000-4000-8000-00000000000a';
const B = '00000000-0000-4000-8000-00000000000b';
const C = '00000000-0000-4000-8000-00000000000c';

describe('roles in tokens of others', () => {
  it('a token without the claim says nothing about roles, one with an unreadable claim grants none', () => {
    expect(parseRoles(undefined)).toBeUndefined();
    for (const claim of [null, 'owner', ['owner'], 7, {}]) expect(parseRoles(claim)).toEqual({});
  });

  it('what is no project or no role grants nothing, the others hold', () => {
    const claim = { [A.toUpperCase()]: 'editor', [B]: 'root', 'not-an-id': 'owner', __proto__: { [C]: 'owner' } };
    expect(parseRoles(claim)).toEqual({ [A]: 'editor' });
  });

  it('only what is different is changed, in the order of ids', () => {
    expect(roleChanges({ [C]: 'viewer', [A]: 'editor' }, { [B]: 'owner', [A]: 'editor' })).toEqual([
      { projectId: B, to: 'owner' },
      { projectId: C, to: undefined },
    ]);
    expect(roleChanges({ [A]: 'viewer' }, { [A]: 'editor' })).toEqual([{ projectId: A, to: 'editor' }]);
  });

  it.each([
    [undefined, 'editor', 2, 1, 'add'],
    ['viewer', 'editor', 2, 1, 'change'],
    ['viewer', undefined, 2, 1, 'remove'],
    ['editor', 'editor', 2, 1, 'keep'],
    [undefined, 'owner', 0, 0, 'keep'],
    ['owner', 'viewer', 2, 1, 'keep'],
    ['owner', undefined, 1, 1, 'keep'],
    ['owner', 'viewer', 3, 2, 'change'],
  ] as const)('%s to %s among %i members and %i owners: %s', (from, to, members, owners, verdict) => {
    expect(judgeExternalRole(from, to, { members, owners })).toBe(verdict);
  });
});
