import { ByteWriter } from './byte-writer.js';

/** Some consecutive ranges of a list: sorted, disjoint, and never empty. */
export interface Leaf {
  readonly starts: number[];
  readonly ends: number[];
  /** As it is written, until it changes. */
  encoded?: Uint8Array | undefined;
}

/** Walks the ranges that end at or after a clock. */
export class Cursor {
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

/** As Yjs writes it. */
export function encodedLeaf(leaf: Leaf): Uint8Array {
  if (!leaf.encoded) {
    const writer = new ByteWriter(leaf.starts.length * 6);
    writeLeaf(leaf, writer);
    leaf.encoded = writer.finish().slice();
  }
  return leaf.encoded;
}

export function writeLeaf({ starts, ends }: Leaf, writer: ByteWriter): void {
  for (let i = 0; i < starts.length; i++) {
    writer.varUint(starts[i]!);
    writer.varUint(ends[i]! - starts[i]!);
  }
}

export function lastEnd(leaf: Leaf): number {
  return leaf.ends[leaf.ends.length - 1]!;
}

/** The index of the first range that ends at or after `clock`. */
export function firstAtOrAfter(ends: readonly number[], clock: number): number {
  let low = 0;
  let high = ends.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (ends[middle]! >= clock) high = middle;
    else low = middle + 1;
  }
  return low;
}
