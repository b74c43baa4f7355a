import { beforeEach, describe, expect, it } from '@jest/globals';
import type { Role } from '@tandem/protocol';
import { ChangeFeed } from './change-feed.js';
import type { Change, WrittenChange } from './changes.js';
import { LogPosition } from './log-position.js';

const projectId = 'apollo';
const removed = (userId: string): Change => ({ type: 'member.removed', projectId, userId });
const member = (userId: string, role: Role) => ({ userId, displayName: userId, role });
const added = (userId: string, role: Role): Change => ({
  type: 'member.added',
  projectId,
  member: member(userId, role),
});
const changed = (userId: string, role: Role): Change => ({
  type: 'member.changed',
  projectId,
  member: member(userId, role),
});
const document = (path: string) => ({ id: 'file', path, kind: 'text' as const });

/** Ids and transactions rise together: the transaction of change 7 is 107. */
let lastId: number;
const write = (change: Change): WrittenChange => ({ id: ++lastId, transaction: 100 + lastId, change });
/** A look that saw the changes up to `newest`, but those that were under way. */
function seenUpTo(newest: number, underWay: readonly WrittenChange[] = []): LogPosition {
  const open = underWay.map(({ transaction }) => transaction);
  const end = 101 + newest;
  return new LogPosition({ snapshot: `${Math.min(end, ...open)}:${end}:${open.join()}`, newest, at: 0 });
}
const look = (changes: readonly WrittenChange[], underWay: readonly WrittenChange[] = []) => ({
  seen: seenUpTo(lastId, underWay),
  changes,
  isWhole: true,
});

let feed: ChangeFeed;
beforeEach(() => {
  lastId = 0;
  feed = new ChangeFeed();
  feed.take(look([]));
});

describe('ChangeFeed', () => {
  it('tells what it hears once, though the next look shows it', () => {
    const heard = write(removed('bob'));
    expect(feed.hear(heard)).toBe(true);
    const found = write(removed('eve'));
    expect(feed.take(look([heard, found]))).toEqual([found.change]);
    expect(feed.take(look([]))).toEqual([]);
  });

  it('does not tell what a look has told, however late the bus brings it', () => {
    const found = write(removed('bob'));
    feed.take(look([found]));
    for (let n = 0; n < 3; n++) feed.take(look([write(added(`user ${n}`, 'viewer'))]));
    expect(feed.hear(found)).toBe(false);
  });

  it('tells of a transaction that was under way when it looked', () => {
    const late = write(removed('bob'));
    const other = write(removed('eve'));
    expect(feed.take(look([other], [late]))).toEqual([other.change]);
    expect(feed.hear(late)).toBe(true);
    expect(feed.take(look([late]))).toEqual([]);
  });

  it('what it heard while the look was on its way is not told by the next one', () => {
    const before = seenUpTo(lastId);
    const meanwhile = write(removed('bob'));
    expect(feed.hear(meanwhile)).toBe(true);
    expect(feed.take({ seen: before, changes: [], isWhole: true })).toEqual([]);
    expect(feed.take(look([meanwhile]))).toEqual([]);
  });

  it('does not tell an older change of the same member, file or project after a newer one', () => {
    const [raised, lowered] = [write(changed('bob', 'editor')), write(changed('bob', 'viewer'))];
    const [made, moved] = [
      write({ type: 'document.created', projectId, document: document('a') }),
      write({ type: 'document.moved', projectId, document: document('b') }),
    ];
    const other = write(changed('eve', 'editor'));
    expect([lowered, raised, moved].map((one) => feed.hear(one))).toEqual([true, false, true]);
    expect(feed.take(look([raised, lowered, made, moved, other]))).toEqual([other.change]);
  });

  it('tells every change of a file that a look has found, in the order of their commits', () => {
    const changes = [
      write({ type: 'document.created', projectId, document: document('a') }),
      write({ type: 'document.moved', projectId, document: document('b') }),
      write({ type: 'document.deleted', projectId, documentId: 'file' }),
    ];
    expect(feed.take(look(changes))).toEqual(changes.map(({ change }) => change));
  });

  it('throws out nobody who was removed and has come back since', () => {
    const changes = [write(removed('bob')), write(added('bob', 'viewer')), write(removed('eve'))];
    expect(feed.take(look(changes))).toEqual([changes[1]!.change, changes[2]!.change]);
    const again = [write(added('eve', 'viewer')), write(removed('eve'))];
    expect(feed.take(look(again))).toEqual(again.map(({ change }) => change));
  });

  it('says when a look did not show all', () => {
    expect(feed.take({ ...look([write(removed('bob'))]), isWhole: false })).toBeUndefined();
    expect(feed.take(look([]))).toEqual([]);
  });

  it('holds a bounded number while the log cannot be read, and says then that it does not know', () => {
    const heard = Array.from({ length: 30_000 }, (_, n) => write({ type: 'session.revoked', sessionId: `${n}` }));
    expect(heard.every((one) => feed.hear(one))).toBe(true);
    expect(Object.values(feed).map((held) => (held instanceof Map ? held.size : 0))).not.toContain(30_000);
    expect(feed.take(look(heard))).toBeUndefined();
    const next = write(removed('bob'));
    expect(feed.take(look([next]))).toEqual([next.change]);
  });
});
