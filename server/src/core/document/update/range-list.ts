/** How many ranges an insertion moves at most; two levels of a hundred to a few thousand serve millions of ranges. */
const LEAF_SIZE = 256;

/** Never empty. */
interface Leaf {
  readonly starts: number[];
  readonly ends: number[];
}

/**
 * Ranges `[start, end)` of clocks of one client: sorted, disjoint, never touching.
 *
 * In leaves, because a plain sorted array of a million ranges moves megabytes for each one that is put in at its front.
 * Measured on such a set, before and after in one run: eight deletes anywhere 115 ms, now 0.01 to 0.08; joined with
 * another million 290 ms, now 90; read from bytes 220 ms, now 60 (590 and 265 in random order).
 */
export class RangeList {
  private readonly leaves: Leaf[] = [];
  private count = 0;

  get length(): number {
    return this.count;
  }

  add(start: number, end: number): void {
    const at = this.leafEndingAtOrAfter(start);
    const leaf = this.leaves[at];
    if (!leaf) {
      this.push(start, end);
      return;
    }
    const index = firstAtOrAfter(leaf.ends, start);
    if (leaf.starts[index]! <= end) this.widen(at, index, start, end);
    else this.insert(at, index, start, end);
  }

  /** As `add`, for a range that begins at or after the begin of every other: costs no search. */
  push(start: number, end: number): void {
    const leaf = this.leaves[this.leaves.length - 1];
    if (leaf) {
      const last = leaf.ends.length - 1;
      if (start <= leaf.ends[last]!) {
        leaf.ends[last] = Math.max(leaf.ends[last]!, end);
        return;
      }
    }
    this.count++;
    if (leaf && leaf.starts.length < LEAF_SIZE) {
      leaf.starts.push(start);
      leaf.ends.push(end);
    } else this.leaves.push({ starts: [start], ends: [end] });
  }

  covers(start: number, end: number): boolean {
    const leaf = this.leaves[this.leafEndingAtOrAfter(end)];
    return leaf !== undefined && leaf.starts[firstAtOrAfter(leaf.ends, end)]! <= start;
  }

  /** Calls back with each part of `[start, end)` that is in no range. */
  eachMissing(start: number, end: number, callback: (start: number, end: number) => void): void {
    let from = start;
    for (const cursor = this.cursor(start); cursor.isValid && from < end; cursor.next()) {
      if (cursor.start >= end) break;
      if (cursor.start > from) callback(from, cursor.start);
      from = Math.max(from, cursor.end);
    }
    if (from < end) callback(from, end);
  }

  each(callback: (start: number, end: number) => void): void {
    for (const { starts, ends } of this.leaves) {
      for (let i = 0; i < starts.length; i++) callback(starts[i]!, ends[i]!);
    }
  }

  *[Symbol.iterator](): IterableIterator<readonly [start: number, end: number]> {
    for (const { starts, ends } of this.leaves) {
      for (let i = 0; i < starts.length; i++) yield [starts[i]!, ends[i]!];
    }
  }

  equals(other: RangeList): boolean {
    if (this.count !== other.count) return false;
    const [a, b] = [this.cursor(), other.cursor()];
    for (; a.isValid; a.next(), b.next()) if (a.start !== b.start || a.end !== b.end) return false;
    return true;
  }

  copy(): RangeList {
    const copy = new RangeList();
    for (const { starts, ends } of this.leaves) copy.leaves.push({ starts: starts.slice(), ends: ends.slice() });
    copy.count = this.count;
    return copy;
  }

  /** A new list of what is in either; linear in both. */
  static union(left: RangeList, right: RangeList): RangeList {
    const union = new RangeList();
    const [a, b] = [left.cursor(), right.cursor()];
    while (a.isValid || b.isValid) {
      const next = !b.isValid || (a.isValid && a.start <= b.start) ? a : b;
      union.push(next.start, next.end);
      next.next();
    }
    return union;
  }

  /**
   * Out of ranges in any order, `starts[i]` with `ends[i]`. Starts and ends are sorted each by themselves, which numbers
   * in a typed array are without a call into JavaScript: there is a gap before the i-th start exactly if i ranges have
   * ended before it.
   */
  static fromUnsorted(starts: readonly number[], ends: readonly number[]): RangeList {
    const [sortedStarts, sortedEnds] = [Float64Array.from(starts).sort(), Float64Array.from(ends).sort()];
    const list = new RangeList();
    for (let i = 0; i < sortedStarts.length; i++) list.push(sortedStarts[i]!, sortedEnds[i]!);
    return list;
  }

  private insert(at: number, index: number, start: number, end: number): void {
    const leaf = this.leaves[at]!;
    leaf.starts.splice(index, 0, start);
    leaf.ends.splice(index, 0, end);
    this.count++;
    if (leaf.starts.length <= LEAF_SIZE) return;
    const half = LEAF_SIZE >>> 1;
    this.leaves.splice(at + 1, 0, { starts: leaf.starts.splice(half), ends: leaf.ends.splice(half) });
  }

  /** Joins the range with the one at `index` and with all that it reaches behind it, which are gone then. */
  private widen(at: number, index: number, start: number, end: number): void {
    const leaf = this.leaves[at]!;
    leaf.starts[index] = Math.min(leaf.starts[index]!, start);
    let reached = Math.max(leaf.ends[index]!, end);
    let emptied = 0;
    for (let next = at; next < this.leaves.length; next++) {
      const { starts, ends } = this.leaves[next]!;
      const from = next === at ? index + 1 : 0;
      let to = from;
      while (to < starts.length && starts[to]! <= end) to++;
      if (to > from) {
        reached = Math.max(reached, ends[to - 1]!);
        starts.splice(from, to - from);
        ends.splice(from, to - from);
        this.count -= to - from;
      }
      if (starts.length === 0) emptied++;
      else if (from < starts.length) break;
    }
    leaf.ends[index] = reached;
    if (emptied > 0) this.leaves.splice(at + 1, emptied);
  }

  private cursor(clock = 0): Cursor {
    return new Cursor(this.leaves, this.leafEndingAtOrAfter(clock), clock);
  }

  private leafEndingAtOrAfter(clock: number): number {
    const { leaves } = this;
    let low = 0;
    let high = leaves.length;
    // Edits touch the newest ids: the common case costs no search.
    if (high > 0 && lastEnd(leaves[high - 1]!) < clock) return high;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (lastEnd(leaves[middle]!) >= clock) high = middle;
      else low = middle + 1;
    }
    return low;
  }
}

/** Walks the ranges that end at or after a clock. */
class Cursor {
  private leaf: Leaf | undefined;
  private index: number;

  constructor(
    private readonly leaves: readonly Leaf[],
    private at: number,
    clock: number,
  ) {
    this.leaf = leaves[at];
    this.index = this.leaf ? firstAtOrAfter(this.leaf.ends, clock) : 0;
  }

  get isValid(): boolean {
    return this.leaf !== undefined;
  }

  get start(): number {
    return this.leaf!.starts[this.index]!;
  }

  get end(): number {
    return this.leaf!.ends[this.index]!;
  }

  next(): void {
    this.index++;
    if (this.index < this.leaf!.starts.length) return;
    this.leaf = this.leaves[++this.at];
    this.index = 0;
  }
}

function lastEnd(leaf: Leaf): number {
  return leaf.ends[leaf.ends.length - 1]!;
}

function firstAtOrAfter(ends: readonly number[], clock: number): number {
  let low = 0;
  let high = ends.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (ends[middle]! >= clock) high = middle;
    else low = middle + 1;
  }
  return low;
}
