import { describe, expect, it } from '@jest/globals';
import { type Role, role } from '@tandem/protocol';
import { type MemberChange, memberChangeRefusal } from './member-rules.js';

const ROLES = role.options;
const LOWER: Role[] = ['maintainer', 'editor', 'commenter', 'viewer'];

/** Among two owners, so that only rights decide. */
const ask = (change: Partial<MemberChange> & { actor: Role }) =>
  memberChangeRefusal({ self: false, owners: 2, ...change });

describe('memberChangeRefusal', () => {
  it('lets owners add, change and remove anybody', () => {
    for (const from of ROLES) {
      for (const to of ROLES) expect([from, to, ask({ actor: 'owner', from, to })]).toEqual([from, to, undefined]);
      expect(ask({ actor: 'owner', to: from })).toBeUndefined();
      expect(ask({ actor: 'owner', from })).toBeUndefined();
    }
  });

  it('lets maintainers do the same below owners', () => {
    for (const from of LOWER) {
      for (const to of LOWER) expect(ask({ actor: 'maintainer', from, to })).toBeUndefined();
      expect(ask({ actor: 'maintainer', to: from })).toBeUndefined();
      expect(ask({ actor: 'maintainer', from })).toBeUndefined();
    }
  });

  it('keeps maintainers from making, lowering and removing owners, also from making themselves one', () => {
    expect(ask({ actor: 'maintainer', to: 'owner' })).toBe('forbidden');
    expect(ask({ actor: 'maintainer', from: 'owner', to: 'viewer' })).toBe('forbidden');
    expect(ask({ actor: 'maintainer', from: 'owner' })).toBe('forbidden');
    expect(ask({ actor: 'maintainer', self: true, from: 'maintainer', to: 'owner' })).toBe('forbidden');
  });

  it.each(['editor', 'commenter', 'viewer'] as const)('lets %ss change nobody, nor their own role', (actor) => {
    for (const from of ROLES) {
      expect(ask({ actor, to: from })).toBe('forbidden');
      expect(ask({ actor, from })).toBe('forbidden');
      expect(ask({ actor, from, to: 'viewer' })).toBe('forbidden');
    }
    for (const to of ROLES) expect(ask({ actor, self: true, from: actor, to })).toBe('forbidden');
  });

  it.each(ROLES)('lets a member who is %s leave', (actor) => {
    expect(ask({ actor, self: true, from: actor })).toBeUndefined();
  });

  it('keeps the last owner from leaving and from stepping down', () => {
    const last = { actor: 'owner', self: true, from: 'owner', owners: 1 } as const;
    expect(memberChangeRefusal(last)).toBe('last_owner');
    expect(memberChangeRefusal({ ...last, to: 'maintainer' })).toBe('last_owner');
    expect(memberChangeRefusal({ ...last, to: 'owner' })).toBeUndefined();
    expect(memberChangeRefusal({ ...last, owners: 2 })).toBeUndefined();
  });
});
