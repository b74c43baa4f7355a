import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
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
});
