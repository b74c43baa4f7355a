import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import type { ChangeLog, News } from '../core/access/change-log.js';
import type { Change, WrittenChange } from '../core/access/changes.js';
import { LogPosition } from '../core/access/log-position.js';

/** A transaction that has made a change and is not over. */
export interface OpenChange {
  readonly written: WrittenChange;
  commit(): Promise<unknown> | WrittenChange;
}

export interface ChangeLogUnderTest {
  readonly log: ChangeLog;
  begin(change: Change): Promise<OpenChange> | OpenChange;
  /** So that `prune` finds all changes old. */
  age(): Promise<void> | void;
  close(): Promise<void> | void;
}

/** What every log of changes promises; each adapter's spec runs it. */
export function changeLogContract(open: () => Promise<ChangeLogUnderTest> | ChangeLogUnderTest): void {
  let here: ChangeLogUnderTest;
  beforeEach(async () => {
    here = await open();
  });
  afterEach(() => here.close());

  const begin = () => here.begin({ type: 'session.revoked', sessionId: randomUUID() });
  async function write(): Promise<WrittenChange> {
    const { written, commit } = await begin();
    await commit();
    return written;
  }
  /** Looks, one after the other, each from where the one before stood. */
  async function looks() {
    let last: News = await here.log.news(undefined);
    return {
      first: last,
      next: async () => {
        last = await here.log.news(last.seen);
        return last;
      },
    };
  }

  const hourAgo = ({ snapshot, newest, at }: LogPosition) => new LogPosition({ snapshot, newest, at: at - 3_600_000 });

  it('begins where it stands, and shows each change once', async () => {
    await write();
    const { first, next } = await looks();
    expect(first.changes).toEqual([]);
    const [a, b] = [await write(), await write()];
    expect(await next()).toMatchObject({ changes: [a, b], isWhole: true });
    expect((await next()).changes).toEqual([]);
    const c = await write();
    expect(await next()).toMatchObject({ changes: [c], isWhole: true });
  });

  it('shows what was begun before a look and committed after it, whatever was committed meanwhile', async () => {
    const early = await begin();
    const { next } = await looks();
    const meanwhile = await write();
    expect((await next()).changes).toEqual([meanwhile]);
    expect((await next()).changes).toEqual([]);
    await early.commit();
    expect((await next()).changes).toEqual([early.written]);
    expect((await next()).changes).toEqual([]);
  });

  it('knows of a change whether a look has shown it', async () => {
    const before = await write();
    const early = await begin();
    const { first, next } = await looks();
    expect(first.seen.covers(before.transaction)).toBe(true);
    expect(first.seen.covers(early.written.transaction)).toBe(false);
    const later = await write();
    expect(first.seen.covers(later.transaction)).toBe(false);
    await early.commit();
    const { seen } = await next();
    expect([early.written, later].map(({ transaction }) => seen.covers(transaction))).toEqual([true, true]);
  });

  it('may be asked again from the same place', async () => {
    const { first } = await looks();
    const change = await write();
    for (let times = 0; times < 2; times++) expect((await here.log.news(first.seen)).changes).toEqual([change]);
  });

  it('forgets the old ones, and says so to who has not seen them, and only then', async () => {
    const { first } = await looks();
    await write();
    const aware = await here.log.news(first.seen);
    await write();
    const newest = await write();
    const current = await here.log.news(aware.seen);
    await here.age();
    await here.log.prune();
    expect(await here.log.news(hourAgo(current.seen))).toMatchObject({ changes: [], isWhole: true });
    expect(await here.log.news(hourAgo(first.seen))).toMatchObject({ changes: [newest], isWhole: false });
    const later = await write();
    expect(await here.log.news(hourAgo(current.seen))).toMatchObject({ changes: [later], isWhole: true });
  });
}
