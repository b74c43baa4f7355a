import { describe, expect, it } from '@jest/globals';
import type { HistoryChange } from '@tandem/protocol/http';
import { seeded } from '../../testing/yjs-edits.js';
import { type ChangeRow, groupChanges } from './change-groups.js';

/** The beginning of a slot. */
const NOON = 1_800_000_000_000;
const ADA = '00000000-0000-4000-8000-00000000000a';
const BOB = '00000000-0000-4000-8000-00000000000b';

/** Rows told as author and seconds after noon, oldest first; numbered from 1. */
function rows(...told: [who: string, seconds: number, more?: Partial<ChangeRow>][]): ChangeRow[] {
  return told
    .map(([userId, seconds, more], index) => ({
      seq: index + 1,
      userId,
      displayName: userId === ADA ? 'Ada' : 'Bob',
      at: NOON + seconds * 1000,
      bytes: 10,
      mark: undefined,
      hasSuggestion: false,
      ...more,
    }))
    .reverse();
}

const spans = (changes: readonly HistoryChange[]) => changes.map(({ fromSeq, seq }) => [fromSeq, seq]);

describe('groupChanges', () => {
  it('HIST-1: gathers what one person wrote without a pause, and says when and how much', () => {
    expect(groupChanges(rows([ADA, 0], [ADA, 20], [ADA, 45, { hasSuggestion: true }], [ADA, 120]), 50)).toEqual([
      {
        kind: 'edit',
        fromSeq: 4,
        seq: 4,
        from: NOON + 120_000,
        to: NOON + 120_000,
        authors: [{ userId: ADA, displayName: 'Ada' }],
        updates: 1,
        bytes: 10,
        hasSuggestions: false,
      },
      {
        kind: 'edit',
        fromSeq: 1,
        seq: 3,
        from: NOON,
        to: NOON + 45_000,
        authors: [{ userId: ADA, displayName: 'Ada' }],
        updates: 3,
        bytes: 30,
        hasSuggestions: true,
      },
    ]);
  });

  it('keeps people apart who write after each other, and together who write at once', () => {
    expect(spans(groupChanges(rows([ADA, 0], [BOB, 10], [BOB, 12]), 50))).toEqual([
      [2, 3],
      [1, 1],
    ]);
    const together = groupChanges(rows([ADA, 0], [BOB, 1], [ADA, 2], [BOB, 25], [ADA, 40]), 50);
    expect(together.map(({ seq, authors }) => [seq, ...authors.map(({ displayName }) => displayName)])).toEqual([
      [5, 'Ada'],
      [4, 'Bob'],
      [3, 'Ada', 'Bob'],
    ]);
  });

  it('sets restores and resets apart', () => {
    const changes = groupChanges(
      rows(
        [ADA, 0],
        [ADA, 1, { mark: { restore: { seq: 0 } } }],
        [ADA, 2],
        [ADA, 3, { mark: { reset: { empty: true } } }],
      ),
      50,
    );
    expect(changes.map(({ kind, of, seq }) => [kind, of, seq])).toEqual([
      ['reset', { empty: true }, 4],
      ['edit', undefined, 3],
      ['restore', { seq: 0 }, 2],
      ['edit', undefined, 1],
    ]);
  });

  it('HIST-1: pages join without a hole, and older groups stay as they are while somebody writes on', () => {
    const typed: [string, number][] = Array.from({ length: 400 }, (_, i) => [i % 90 < 45 ? ADA : BOB, i * 7]);
    const all = rows(...typed);
    const whole = groupChanges(all, 1000);
    expect(whole.length).toBeGreaterThan(5);
    const paged: HistoryChange[] = [];
    for (let before = 401; before > 1; before = paged.at(-1)!.fromSeq) {
      paged.push(
        ...groupChanges(
          all.filter(({ seq }) => seq < before),
          3,
        ),
      );
    }
    expect(paged).toEqual(whole);
    const later = groupChanges(rows(...typed, [ADA, 2800]), 1000);
    // The newest one may still grow.
    expect(later.slice(-whole.length + 1)).toEqual(whole.slice(1));
  });

  it('HIST-1: no row that comes changes a group that has a newer one', () => {
    const random = seeded(12);
    for (let round = 0; round < 40; round++) {
      let seconds = 0;
      const typed = Array.from({ length: 60 }, (): [string, number] => {
        seconds += Math.floor(random() * random() * 45);
        return [random() < 0.5 ? ADA : BOB, seconds];
      });
      let older: HistoryChange[] = [];
      for (let count = 1; count <= typed.length; count++) {
        const [newest, ...rest] = groupChanges(rows(...typed.slice(0, count)), 1000);
        expect(rest.slice(rest.length - older.length)).toEqual(older);
        older = rest;
        expect(newest!.seq).toBe(count);
      }
    }
  });

  it('is not put off by a clock that steps back', () => {
    expect(spans(groupChanges(rows([ADA, 100], [ADA, 99], [ADA, 101]), 50))).toEqual([[1, 3]]);
  });
});
