import { runNow, type Work } from '../../work.js';
import { type ByteReader, MalformedBytes } from './byte-reader.js';
import type { ByteWriter } from './byte-writer.js';
import { RangeList } from './range-list.js';

/** Putting in one range costs about as much as walking past so many; see `addAll`. */
const SEARCH_COST = 16;
/** Ranges of one piece of long work. */
const PIECE = 4096;

/** A set of Yjs ids by client; what Yjs calls a delete set, kept normalised. */
export class IdRanges {
  /** The empty set of all who delete nothing: never to be added to. */
  static readonly NONE = new IdRanges();

  private readonly clients = new Map<number, RangeList>();

  get isEmpty(): boolean {
    return this.clients.size === 0;
  }

  get rangeCount(): number {
    let count = 0;
    for (const ranges of this.clients.values()) count += ranges.length;
    return count;
  }

  /** How many ids there are in it. */
  get idCount(): number {
    let count = 0;
    for (const ranges of this.clients.values()) count += ranges.clocks;
    return count;
  }

  /** Every range once, clients in descending order, as Yjs writes them. */
  *[Symbol.iterator](): IterableIterator<readonly [client: number, start: number, end: number]> {
    for (const [client, ranges] of this.descending()) {
      for (const [start, end] of ranges) yield [client, start, end];
    }
  }

  add(client: number, start: number, end: number): void {
    if (end <= start) return;
    let ranges = this.clients.get(client);
    if (!ranges) {
      ranges = new RangeList();
      this.clients.set(client, ranges);
    }
    ranges.add(start, end);
  }

  /** At most linear in both; a small set goes into a large one by search. */
  addAll(other: IdRanges): void {
    for (const [client, ranges] of other.clients) {
      const own = this.clients.get(client);
      if (!own || isFew(ranges, own)) this.addFew(client, ranges, own);
      else this.clients.set(client, RangeList.union(own, ranges));
    }
  }

  /** As `addAll`; neither may change meanwhile. */
  *adding(other: IdRanges): Work<void> {
    for (const [client, ranges] of other.clients) {
      const own = this.clients.get(client);
      if (!own || isFew(ranges, own)) this.addFew(client, ranges, own);
      else this.clients.set(client, yield* RangeList.uniting(own, ranges));
      yield;
    }
  }

  /** Whether all of it lies before the clock that `end` gives for each client. */
  endsWithin(end: (client: number) => number): boolean {
    for (const [client, ranges] of this.clients) if (ranges.end > end(client)) return false;
    return true;
  }

  covers(client: number, start: number, end: number): boolean {
    return end <= start || this.clients.get(client)?.covers(start, end) === true;
  }

  /** Whether all of `other` is in this set. */
  coversAll(other: IdRanges): boolean {
    for (const [client, start, end] of other) if (!this.covers(client, start, end)) return false;
    return true;
  }

  /** Calls back with each part of `[start, end)` that is not in the set. */
  eachMissing(client: number, start: number, end: number, callback: (start: number, end: number) => void): void {
    const ranges = this.clients.get(client);
    if (ranges) ranges.eachMissing(start, end, callback);
    else if (start < end) callback(start, end);
  }

  equals(other: IdRanges): boolean {
    if (this.clients.size !== other.clients.size) return false;
    for (const [client, ranges] of this.clients) {
      const others = other.clients.get(client);
      if (!others?.equals(ranges)) return false;
    }
    return true;
  }

  write(writer: ByteWriter): void {
    writer.varUint(this.clients.size);
    for (const [client, ranges] of this.descending()) {
      writer.varUint(client);
      writer.varUint(ranges.length);
      ranges.write(writer);
    }
  }

  /** At least the bytes that `write` writes. */
  get maxByteLength(): number {
    let bytes = 8;
    for (const ranges of this.clients.values()) bytes += 16 + ranges.maxByteLength;
    return bytes;
  }

  /** Does what the next `write` would have to do: 25 ms for a million ranges. */
  *encoding(): Work<void> {
    for (const ranges of this.clients.values()) {
      yield* ranges.encoding();
      yield;
    }
  }

  /** Reads a Yjs v1 delete set; throws MalformedBytes. Linear for the ascending ranges that Yjs writes. */
  static read(reader: ByteReader): IdRanges {
    return runNow(IdRanges.reading(reader));
  }

  /** As `read`; `of` is told of each client, and may throw. */
  static *reading(reader: ByteReader, of?: (client: number) => void): Work<IdRanges> {
    const set = new IdRanges();
    const clients = reader.count(2);
    for (let i = 0; i < clients; i++) {
      const client = reader.varUint();
      of?.(client);
      const count = reader.count(2);
      if (count === 0 || set.clients.has(client)) throw new MalformedBytes('bad delete set');
      set.clients.set(client, yield* readingRanges(reader, count));
      yield;
    }
    return set;
  }

  private addFew(client: number, ranges: RangeList, own: RangeList | undefined): void {
    if (own) ranges.each((start, end) => own.add(start, end));
    else this.clients.set(client, ranges.copy());
  }

  private descending(): [client: number, ranges: RangeList][] {
    return [...this.clients].sort((a, b) => b[0] - a[0]);
  }
}

/** So few that putting each in its place is less than walking past all that are there. */
function isFew(ranges: RangeList, own: RangeList): boolean {
  return ranges.length * SEARCH_COST < own.length;
}

function* readingRanges(reader: ByteReader, count: number): Work<RangeList> {
  const ascending = new RangeList();
  const lists = [ascending];
  let starts: number[] = [];
  let ends: number[] = [];
  let last = 0;
  for (let i = 0; i < count; i++) {
    const start = reader.varUint();
    const end = start + reader.varUint();
    // Yjs would keep an empty range of unknown ids as pending for ever.
    if (end === start || end > Number.MAX_SAFE_INTEGER) throw new MalformedBytes('bad delete');
    if (start >= last) {
      ascending.push(start, end);
      last = start;
    } else {
      starts.push(start);
      ends.push(end);
    }
    if (starts.length === PIECE) {
      lists.push(RangeList.fromUnsorted(starts, ends));
      [starts, ends] = [[], []];
    }
    if (i % PIECE === PIECE - 1) yield;
  }
  if (starts.length > 0) lists.push(RangeList.fromUnsorted(starts, ends));
  return yield* RangeList.joining(lists);
}
