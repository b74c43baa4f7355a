import { type ByteReader, MalformedBytes } from './byte-reader.js';
import type { ByteWriter } from './byte-writer.js';

/** The ranges of one client, sorted, disjoint, never touching: `[starts[i], ends[i])`. */
interface Ranges {
  readonly starts: number[];
  readonly ends: number[];
}

/** A set of Yjs ids by client; what Yjs calls a delete set, kept normalised. */
export class IdRanges {
  private readonly clients = new Map<number, Ranges>();

  get isEmpty(): boolean {
    return this.clients.size === 0;
  }

  get rangeCount(): number {
    let count = 0;
    for (const ranges of this.clients.values()) count += ranges.starts.length;
    return count;
  }

  /** Every range once, clients in descending order, as Yjs writes them. */
  *[Symbol.iterator](): IterableIterator<readonly [client: number, start: number, end: number]> {
    for (const client of [...this.clients.keys()].sort((a, b) => b - a)) {
      const { starts, ends } = this.clients.get(client)!;
      for (let i = 0; i < starts.length; i++) yield [client, starts[i]!, ends[i]!];
    }
  }

  add(client: number, start: number, end: number): void {
    if (end <= start) return;
    let ranges = this.clients.get(client);
    if (!ranges) {
      ranges = { starts: [], ends: [] };
      this.clients.set(client, ranges);
    }
    const { starts, ends } = ranges;
    // Typing backwards and forwards touches the newest range: the common case costs no search and no splice.
    const first = firstEndingAtOrAfter(ends, start);
    if (first === ends.length) {
      starts.push(start);
      ends.push(end);
      return;
    }
    let last = first;
    while (last < starts.length && starts[last]! <= end) last++;
    if (last === first) {
      starts.splice(first, 0, start);
      ends.splice(first, 0, end);
      return;
    }
    starts[first] = Math.min(starts[first]!, start);
    ends[first] = Math.max(ends[last - 1]!, end);
    starts.splice(first + 1, last - first - 1);
    ends.splice(first + 1, last - first - 1);
  }

  addAll(other: IdRanges): void {
    for (const [client, ranges] of other.clients) {
      const own = this.clients.get(client);
      if (!own) this.clients.set(client, { starts: [...ranges.starts], ends: [...ranges.ends] });
      else if (ranges.starts.length < 8) {
        for (let i = 0; i < ranges.starts.length; i++) this.add(client, ranges.starts[i]!, ranges.ends[i]!);
      } else this.clients.set(client, union(own, ranges));
    }
  }

  covers(client: number, start: number, end: number): boolean {
    const ranges = this.clients.get(client);
    if (!ranges) return end <= start;
    const at = firstEndingAtOrAfter(ranges.ends, end);
    return at < ranges.ends.length && ranges.starts[at]! <= start;
  }

  /** Calls back with each part of `[start, end)` that is not in the set. */
  eachMissing(client: number, start: number, end: number, callback: (start: number, end: number) => void): void {
    const ranges = this.clients.get(client);
    let from = start;
    if (ranges) {
      for (let i = firstEndingAtOrAfter(ranges.ends, start); i < ranges.starts.length && from < end; i++) {
        if (ranges.starts[i]! >= end) break;
        if (ranges.starts[i]! > from) callback(from, ranges.starts[i]!);
        from = Math.max(from, ranges.ends[i]!);
      }
    }
    if (from < end) callback(from, end);
  }

  equals(other: IdRanges): boolean {
    if (this.clients.size !== other.clients.size) return false;
    for (const [client, ranges] of this.clients) {
      const others = other.clients.get(client);
      if (!others || others.starts.length !== ranges.starts.length) return false;
      for (let i = 0; i < ranges.starts.length; i++) {
        if (ranges.starts[i] !== others.starts[i] || ranges.ends[i] !== others.ends[i]) return false;
      }
    }
    return true;
  }

  write(writer: ByteWriter): void {
    writer.varUint(this.clients.size);
    for (const client of [...this.clients.keys()].sort((a, b) => b - a)) {
      const { starts, ends } = this.clients.get(client)!;
      writer.varUint(client);
      writer.varUint(starts.length);
      for (let i = 0; i < starts.length; i++) {
        writer.varUint(starts[i]!);
        writer.varUint(ends[i]! - starts[i]!);
      }
    }
  }

  /** Reads a Yjs v1 delete set; throws MalformedBytes. Linear also for ranges in an order that Yjs never writes. */
  static read(reader: ByteReader): IdRanges {
    const set = new IdRanges();
    const clients = reader.count(2);
    for (let i = 0; i < clients; i++) {
      const client = reader.varUint();
      const count = reader.count(2);
      const pairs: [start: number, end: number][] = [];
      for (let j = 0; j < count; j++) {
        const start = reader.varUint();
        const end = start + reader.varUint();
        // Yjs would keep an empty range of unknown ids as pending for ever.
        if (end === start || end > Number.MAX_SAFE_INTEGER) throw new MalformedBytes('bad delete');
        pairs.push([start, end]);
      }
      if (count === 0 || set.clients.has(client)) throw new MalformedBytes('bad delete set');
      set.clients.set(client, normalise(pairs));
    }
    return set;
  }
}

function normalise(pairs: [start: number, end: number][]): Ranges {
  pairs.sort((a, b) => a[0] - b[0]);
  const starts: number[] = [];
  const ends: number[] = [];
  for (const [start, end] of pairs) {
    const last = ends.length - 1;
    if (last >= 0 && start <= ends[last]!) ends[last] = Math.max(ends[last]!, end);
    else {
      starts.push(start);
      ends.push(end);
    }
  }
  return { starts, ends };
}

function union(a: Ranges, b: Ranges): Ranges {
  const pairs = a.starts.map((start, i): [number, number] => [start, a.ends[i]!]);
  for (let i = 0; i < b.starts.length; i++) pairs.push([b.starts[i]!, b.ends[i]!]);
  return normalise(pairs);
}

function firstEndingAtOrAfter(ends: number[], clock: number): number {
  const last = ends.length - 1;
  if (last < 0 || ends[last]! < clock) return ends.length;
  let low = 0;
  let high = last;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (ends[middle]! >= clock) high = middle;
    else low = middle + 1;
  }
  return low;
}
