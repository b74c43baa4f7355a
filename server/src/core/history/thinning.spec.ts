import { describe, expect, it } from '@jest/globals';
import { dispensable, type SnapshotPlace } from './thinning.js';

const place = (id: string, bytes: number, isKept = false): SnapshotPlace => ({ id, bytes, isKept });
/** What lies between those that stay. */
const gaps = (places: readonly SnapshotPlace[], gone: readonly string[]) => {
  const found: number[] = [];
  let since = 0;
  for (const { id, bytes } of places) {
    since += bytes;
    if (gone.includes(id)) continue;
    found.push(since);
    since = 0;
  }
  return found;
};

describe('HIST-2: which snapshots may go', () => {
  it('all that nothing else needs, where little lies between', () => {
    expect(dispensable([place('a', 0, true), place('b', 1), place('c', 1), place('d', 1, true)], 10)).toEqual([
      'b',
      'c',
    ]);
    expect(dispensable([], 10)).toEqual([]);
  });

  it('none that leaves more than the bound between its neighbours', () => {
    const places = [place('a', 0, true), ...'bcdefgh'.split('').map((id) => place(id, 4)), place('i', 4, true)];
    expect(dispensable(places, 10)).toEqual(['b', 'd', 'f', 'h']);
    expect(Math.max(...gaps(places, dispensable(places, 10)))).toBe(8);
  });

  it('none beside a gap that is larger than the bound by itself', () => {
    expect(dispensable([place('a', 0, true), place('b', 1), place('c', 50), place('d', 1, true)], 10)).toEqual([]);
    expect(dispensable([place('a', 50), place('b', 1), place('c', 1, true)], 10)).toEqual(['b']);
  });

  it('no more when it is asked again, nor when there are newer ones', () => {
    for (let seed = 1; seed < 200; seed++) {
      const bytes = (i: number) => (seed * 7919 * (i + 3)) % 13;
      const places = Array.from({ length: 30 }, (_, i) => place(`${i}`, bytes(i), i === 29));
      const gone = dispensable(places, 20);
      const left: SnapshotPlace[] = [];
      let since = 0;
      for (const one of places) {
        since += one.bytes;
        if (gone.includes(one.id)) continue;
        left.push({ ...one, bytes: since });
        since = 0;
      }
      expect(Math.max(...left.map((one) => one.bytes))).toBeLessThanOrEqual(20);
      expect(dispensable(left, 20)).toEqual([]);
      const more = left.map((one) => ({ ...one, isKept: false }));
      more.push(place('30', 5), place('31', 5, true));
      const goneLater = dispensable(more, 20);
      expect(goneLater.filter((id) => id !== '29' && id !== '30')).toEqual([]);
    }
  });
});
