/** Texts added since the last sorting are looked through one by one, up to so many. */
const MAX_UNSORTED = 256;

interface Texts {
  compare(a: number, b: number): number;
  /** 0 when the text begins with `prefix`. */
  compareBeginning(id: number, prefix: string): number;
}

/**
 * The numbers of texts in the order of the texts, so that those with the same beginning lie side by side: 4 bytes a text.
 * Sorted when it is asked: typing a word adds each of its beginnings, learning a project thousands of words at once.
 */
export class PrefixOrder {
  private sorted = new Int32Array(0);
  private unsorted: number[] = [];

  constructor(private readonly texts: Texts) {}

  get bytes(): number {
    return this.sorted.byteLength + this.unsorted.length * 8;
  }

  /** Once for each number. */
  add(id: number): void {
    this.unsorted.push(id);
  }

  clear(): void {
    this.sorted = new Int32Array(0);
    this.unsorted = [];
  }

  /** All whose text begins with `prefix`. */
  beginning(prefix: string, visit: (id: number) => void): void {
    const { texts } = this;
    if (this.unsorted.length > MAX_UNSORTED) this.sort();
    for (const id of this.unsorted) if (texts.compareBeginning(id, prefix) === 0) visit(id);
    let low = 0;
    let high = this.sorted.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (texts.compareBeginning(this.sorted[middle]!, prefix) < 0) low = middle + 1;
      else high = middle;
    }
    for (; low < this.sorted.length && texts.compareBeginning(this.sorted[low]!, prefix) === 0; low++)
      visit(this.sorted[low]!);
  }

  private sort(): void {
    const { texts, sorted } = this;
    const added = this.unsorted.sort((a, b) => texts.compare(a, b));
    const merged = new Int32Array(sorted.length + added.length);
    for (let i = 0, j = 0; i + j < merged.length; ) {
      const takesAdded = i === sorted.length || (j < added.length && texts.compare(added[j]!, sorted[i]!) < 0);
      merged[i + j] = takesAdded ? added[j]! : sorted[i]!;
      if (takesAdded) j++;
      else i++;
    }
    this.sorted = merged;
    this.unsorted = [];
  }
}
