import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { patience } from '../../../testing/patience.js';
import { seeded } from '../../../testing/yjs-edits.js';
import { runNow } from '../../work.js';
import { ByteReader } from './byte-reader.js';
import { ByteWriter } from './byte-writer.js';
import { IdRanges } from './id-ranges.js';

const range = fc.tuple(fc.integer({ min: 0, max: 60 }), fc.integer({ min: 1, max: 12 }));
const ranges = fc.array(range, { maxLength: 30 });

function setOf(pairs: readonly (readonly [number, number])[]): IdRanges {
  const set = new IdRanges();
  for (const [start, length] of pairs) set.add(1, start, start + length);
  return set;
}

/** The same as a plain set of clocks. */
function model(pairs: readonly (readonly [number, number])[]): Set<number> {
  const clocks = new Set<number>();
  for (const [start, length] of pairs) for (let i = 0; i < length; i++) clocks.add(start + i);
  return clocks;
}

function clocksOf(set: IdRanges): Set<number> {
  const clocks = new Set<number>();
  for (const [, start, end] of set) for (let i = start; i < end; i++) clocks.add(i);
  return clocks;
}

describe('IdRanges', () => {
  it('holds what a set of single clocks holds, in the fewest ranges', () => {
    fc.assert(
      fc.property(ranges, (pairs) => {
        const set = setOf(pairs);
        expect(clocksOf(set)).toEqual(model(pairs));
        let previous = -1;
        for (const [, start, end] of set) {
          expect(start).toBeGreaterThan(previous);
          previous = end;
        }
      }),
    );
  });

  it('joins with another as sets do', () => {
    fc.assert(
      fc.property(ranges, ranges, (a, b) => {
        const set = setOf(a);
        set.addAll(setOf(b));
        expect(clocksOf(set)).toEqual(model([...a, ...b]));
      }),
    );
  });

  it('says what it covers and what it lacks', () => {
    fc.assert(
      fc.property(ranges, range, (pairs, [start, length]) => {
        const set = setOf(pairs);
        const clocks = model(pairs);
        const wanted = Array.from({ length }, (_, i) => start + i);
        const missing: number[] = [];
        set.eachMissing(1, start, start + length, (from, to) => {
          for (let i = from; i < to; i++) missing.push(i);
        });
        expect(missing).toEqual(wanted.filter((clock) => !clocks.has(clock)));
        expect(set.covers(1, start, start + length)).toBe(missing.length === 0);
      }),
    );
  });

  it('joins in pieces as at once, and counts what it holds', () => {
    fc.assert(
      fc.property(ranges, ranges, (a, b) => {
        const set = setOf(a);
        runNow(set.adding(setOf(b)));
        expect(clocksOf(set)).toEqual(model([...a, ...b]));
        expect(set.idCount).toBe(model([...a, ...b]).size);
        const last = Math.max(0, ...model([...a, ...b])) + 1;
        expect(set.endsWithin(() => last)).toBe(true);
        expect(set.endsWithin(() => last - 1)).toBe(set.isEmpty);
      }),
    );
  });

  it('reads many ranges in any order', () => {
    const random = seeded(1);
    const COUNT = 30_000;
    const order = Array.from({ length: COUNT }, (_, i) => i);
    for (let i = COUNT - 1; i > 0; i--) {
      const j = Math.floor(random() * (i + 1));
      [order[i], order[j]] = [order[j]!, order[i]!];
    }
    for (const starts of [order, [...order].sort((a, b) => b - a)]) {
      const writer = new ByteWriter();
      for (const value of [1, 1, COUNT]) writer.varUint(value);
      // Every third touches the next.
      for (const i of starts) for (const value of [i * 2, i % 3 === 0 ? 2 : 1]) writer.varUint(value);
      const expected = new IdRanges();
      for (let i = 0; i < COUNT; i++) expected.add(1, i * 2, i * 2 + (i % 3 === 0 ? 2 : 1));
      expect(IdRanges.read(new ByteReader(writer.finish())).equals(expected)).toBe(true);
    }
  });

  it('survives its encoding', () => {
    fc.assert(
      fc.property(ranges, (pairs) => {
        const set = setOf(pairs);
        const writer = new ByteWriter();
        set.write(writer);
        expect(IdRanges.read(new ByteReader(writer.finish())).equals(set)).toBe(true);
      }),
    );
  });

  it('is written as it stands, whatever was kept of earlier times', () => {
    const change = fc.tuple(fc.nat(6000), fc.integer({ min: 1, max: 400 }));
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 20 }), (changes) => {
        const set = new IdRanges();
        for (let clock = 0; clock < 6000; clock += 3) set.add(1, clock, clock + 1);
        const writing = () => {
          const writer = new ByteWriter(set.maxByteLength);
          set.write(writer);
          return writer.finish();
        };
        const first = new ByteWriter();
        set.write(first);
        for (const [start, length] of changes) {
          set.add(1, start, start + length);
          const bytes = writing();
          expect(bytes.length).toBeLessThanOrEqual(set.maxByteLength);
          expect(IdRanges.read(new ByteReader(bytes)).equals(set)).toBe(true);
        }
        runNow(set.encoding());
        expect(IdRanges.read(new ByteReader(writing())).equals(set)).toBe(true);
      }),
      { numRuns: 30 },
    );
  });

  it('is the same set at any size, and in any order of its parts', () => {
    const span = 20_000;
    const large = fc.record({
      // Steps of two and three keep the ranges apart: thousands of them.
      combs: fc.array(fc.record({ from: fc.nat(span), count: fc.nat(4000), step: fc.integer({ min: 2, max: 3 }) }), {
        minLength: 1,
        maxLength: 3,
      }),
      pieces: fc.array(
        fc.tuple(fc.nat(span), fc.oneof(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 500, max: 9000 }))),
        {
          maxLength: 40,
        },
      ),
    });
    fc.assert(
      fc.property(large, fc.boolean(), ({ combs, pieces }, one) => {
        const marked = new Uint8Array(span * 3);
        const set = new IdRanges();
        for (const { from, count, step } of combs) {
          const comb = Array.from({ length: count }, (_, i) => [from + i * step, 1] as const).filter(
            ([at]) => at < span,
          );
          set.addAll(setOf(comb));
          for (const [at] of comb) marked[at] = 1;
        }
        if (one) for (const [start, length] of pieces) set.add(1, start, start + length);
        else set.addAll(setOf(pieces));
        for (const [start, length] of pieces) marked.fill(1, start, start + length);
        const expected = rangesIn(marked);
        expect([...set].map(([, start, end]) => [start, end])).toEqual(expected);
        expect(set.rangeCount).toBe(expected.length);
        for (const [start, length] of pieces) expect(set.covers(1, start, start + length)).toBe(true);
        const missing: number[][] = [];
        set.eachMissing(1, 0, marked.length, (start, end) => missing.push([start, end]));
        expect(missing).toEqual(rangesIn(marked.map((mark) => 1 - mark)));
      }),
      { numRuns: 60 },
    );
  });

  it('reads ranges in any order, overlapping too', () => {
    fc.assert(
      fc.property(ranges, (pairs) => {
        fc.pre(pairs.length > 0);
        const writer = new ByteWriter();
        for (const value of [1, 1, pairs.length, ...pairs.flat()]) writer.varUint(value);
        const read = IdRanges.read(new ByteReader(writer.finish()));
        expect(read.equals(setOf(pairs))).toBe(true);
        expect(read.coversAll(setOf(pairs))).toBe(true);
        expect(setOf(pairs.slice(1)).coversAll(read)).toBe(setOf(pairs.slice(1)).equals(read));
      }),
    );
  });

  it('D7: a few deletes cost well below a millisecond in a set of a million ranges', () => {
    const set = new IdRanges();
    for (let i = 0; i < 1_000_000; i++) set.add(1, i * 4, i * 4 + 1);
    const best = (at: number) => {
      const times = Array.from({ length: 20 }, (_, round) => {
        const few = setOf(Array.from({ length: 8 }, (_, i) => [at + round * 64 + i * 4 + 2, 1] as const));
        const began = performance.now();
        set.addAll(few);
        return performance.now() - began;
      });
      return Math.min(...times);
    };
    expect(best(0)).toBeLessThan(patience());
    expect(best(2_000_000)).toBeLessThan(patience());
    expect(set.rangeCount).toBe(1_000_320);
  });
});

function rangesIn(marked: Uint8Array): number[][] {
  const found: number[][] = [];
  for (let at = marked.indexOf(1); at >= 0; ) {
    const stop = marked.indexOf(0, at);
    found.push([at, stop < 0 ? marked.length : stop]);
    at = stop < 0 ? -1 : marked.indexOf(1, stop);
  }
  return found;
}
