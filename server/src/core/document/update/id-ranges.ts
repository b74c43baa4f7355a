import { type ByteReader, MalformedBytes } from './byte-reader.js';
import type { ByteWriter } from './byte-writer.js';
import { RangeList } from './range-list.js';

/** Putting in one range costs about as much as walking past so many; see `addAll`. */
const SEARCH_COST = 16;

/** A set of Yjs ids by client; what Yjs calls a delete set, kept normalised. */
export class IdRanges {
  private readonly clients = new Map<number, RangeList>();

  get isEmpty(): boolean {
    return this.clients.size === 0;
  }

  get rangeCount(): number {
    let count = 0;
    for (const ranges of this.clients.values()) count += ranges.length;
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
      if (!own) this.clients.set(client, ranges.copy());
      else if (ranges.length * SEARCH_COST < own.length) ranges.each((start, end) => own.add(start, end));
      else this.clients.set(client, RangeList.union(own, ranges));
    }
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
      ranges.each((start, end) => {
        writer.varUint(start);
        writer.varUint(end - start);
      });
    }
  }

  /** Reads a Yjs v1 delete set; throws MalformedBytes. Linear for the ascending ranges that Yjs writes. */
  static read(reader: ByteReader): IdRanges {
    const set = new IdRanges();
    const clients = reader.count(2);
    for (let i = 0; i < clients; i++) {
      const client = reader.varUint();
      const count = reader.count(2);
      if (count === 0 || set.clients.has(client)) throw new MalformedBytes('bad delete set');
      set.clients.set(client, readRanges(reader, count));
    }
    return set;
  }

  private descending(): [client: number, ranges: RangeList][] {
    return [...this.clients].sort((a, b) => b[0] - a[0]);
  }
}

function readRanges(reader: ByteReader, count: number): RangeList {
  const ascending = new RangeList();
  const starts: number[] = [];
  const ends: number[] = [];
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
  }
  return starts.length === 0 ? ascending : RangeList.union(ascending, RangeList.fromUnsorted(starts, ends));
}
