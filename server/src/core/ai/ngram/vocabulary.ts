import { PrefixOrder } from './prefix-order.js';
import { grown } from './typed-array.js';

const EMPTY = -1;

/**
 * Token texts to small numbers, counted by use. The characters of all texts lie in one array and the hash table holds
 * numbers only: a Map of strings takes five times as much, and a slice of a document in it would keep the whole document.
 * Numbers whose count falls to 0 are given out again after `compact`.
 */
export class Vocabulary {
  private chars = new Uint16Array(4096);
  private charsEnd = 0;
  private starts = new Int32Array(1024);
  private lengths = new Uint8Array(1024);
  private counts = new Int32Array(1024);
  private slots = new Int32Array(2048).fill(EMPTY);
  private size = 0;
  private live = 0;
  private free: number[] = [];
  private readonly order = new PrefixOrder(this);

  get bytes(): number {
    return (
      this.chars.byteLength +
      this.starts.byteLength +
      this.lengths.byteLength +
      this.counts.byteLength +
      this.slots.byteLength +
      this.order.bytes
    );
  }

  /** Counts one use of `text[start..end)`; at most 255 characters. */
  retain(text: string, start = 0, end = text.length): number {
    const slot = this.slotOf(text, start, end);
    const known = this.slots[slot]!;
    const id = known === EMPTY ? this.add(text, start, end, slot) : known;
    if (this.counts[id]!++ === 0) this.live++;
    return id;
  }

  release(id: number): void {
    if (--this.counts[id]! === 0) this.live--;
  }

  text(id: number): string {
    const start = this.starts[id]!;
    return String.fromCharCode(...this.chars.subarray(start, start + this.lengths[id]!));
  }

  /** How often the text is used. */
  uses(id: number): number {
    return this.counts[id]!;
  }

  /** All texts in use that begin with `prefix`. */
  beginning(prefix: string, visit: (id: number) => void): void {
    this.order.beginning(prefix, (id) => {
      if (this.counts[id]! > 0) visit(id);
    });
  }

  /** By UTF-16 units. */
  compare(a: number, b: number): number {
    const { chars, starts, lengths } = this;
    const [from, other] = [starts[a]!, starts[b]!];
    const shorter = Math.min(lengths[a]!, lengths[b]!);
    for (let i = 0; i < shorter; i++) {
      const difference = chars[from + i]! - chars[other + i]!;
      if (difference !== 0) return difference;
    }
    return lengths[a]! - lengths[b]!;
  }

  /** 0 when the text begins with `prefix`; otherwise which of the two comes first. */
  compareBeginning(id: number, prefix: string): number {
    const from = this.starts[id]!;
    for (let i = 0; i < prefix.length; i++) {
      if (i === this.lengths[id]) return -1;
      const difference = this.chars[from + i]! - prefix.charCodeAt(i);
      if (difference !== 0) return difference;
    }
    return 0;
  }

  /** Drops texts that nothing uses, when they are more than those in use. Numbers in use stay. */
  compact(): void {
    if (this.size - this.free.length < 2 * this.live + 4096) return;
    const chars = new Uint16Array(this.chars.length);
    this.charsEnd = 0;
    this.free = [];
    this.slots.fill(EMPTY);
    this.order.clear();
    for (let id = 0; id < this.size; id++) {
      if (this.counts[id] === 0) {
        this.free.push(id);
        continue;
      }
      const start = this.starts[id]!;
      chars.set(this.chars.subarray(start, start + this.lengths[id]!), this.charsEnd);
      this.starts[id] = this.charsEnd;
      this.charsEnd += this.lengths[id]!;
      this.order.add(id);
    }
    this.chars = chars;
    this.fillSlots();
  }

  private slotOf(text: string, start: number, end: number): number {
    let hash = 0x811c9dc5;
    for (let i = start; i < end; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
    const mask = this.slots.length - 1;
    for (let slot = (hash ^ (hash >>> 15)) & mask; ; slot = (slot + 1) & mask) {
      const id = this.slots[slot]!;
      if (id === EMPTY || this.isText(id, text, start, end)) return slot;
    }
  }

  private isText(id: number, text: string, start: number, end: number): boolean {
    const from = this.starts[id]!;
    if (this.lengths[id] !== end - start) return false;
    for (let i = 0; i < end - start; i++) if (this.chars[from + i] !== text.charCodeAt(start + i)) return false;
    return true;
  }

  private add(text: string, start: number, end: number, slot: number): number {
    const length = end - start;
    this.chars = grown(this.chars, this.charsEnd + length);
    const id = this.free.pop() ?? this.size++;
    if (id >= this.starts.length) {
      this.starts = grown(this.starts, id + 1);
      this.lengths = grown(this.lengths, this.starts.length);
      this.counts = grown(this.counts, this.starts.length);
    }
    this.starts[id] = this.charsEnd;
    this.lengths[id] = length;
    for (let i = 0; i < length; i++) this.chars[this.charsEnd++] = text.charCodeAt(start + i);
    this.slots[slot] = id;
    this.order.add(id);
    if ((this.size - this.free.length) * 2 > this.slots.length) {
      this.slots = new Int32Array(this.slots.length * 2).fill(EMPTY);
      this.fillSlots();
    }
    return id;
  }

  private fillSlots(): void {
    const free = new Set(this.free);
    for (let id = 0; id < this.size; id++) {
      if (free.has(id)) continue;
      const text = this.text(id);
      this.slots[this.slotOf(text, 0, text.length)] = id;
    }
  }
}
