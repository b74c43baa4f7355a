import type { TokenStore } from './token-store.js';
import { grown } from './typed-array.js';

/**
 * The nodes of a store, sorted by what stands before them: by the token before, then the one before that, `depth` tokens
 * deep. So all places with the same last k tokens are one range, and the ranges of longer contexts lie inside those of
 * shorter ones (the order of a suffix array of the reversed text). 4 bytes a token. An update of m nodes among n costs
 * O(m log n) comparisons and one pass over the array.
 */
export class ContextIndex {
  order = new Int32Array(1024);
  size = 0;

  constructor(
    private readonly store: TokenStore,
    private readonly depth: number,
  ) {}

  get bytes(): number {
    return this.order.byteLength;
  }

  insert(nodes: Int32Array): void {
    nodes.sort(this.compare);
    this.order = grown(this.order, this.size + nodes.length);
    const { order } = this;
    let end = this.size;
    for (let i = nodes.length - 1; i >= 0; i--) {
      const at = this.lowerBound(nodes[i]!, end);
      order.copyWithin(at + i + 1, at, end);
      order[at + i] = nodes[i]!;
      end = at;
    }
    this.size += nodes.length;
  }

  /** The nodes must still have the context that they were inserted with. */
  remove(nodes: Int32Array): void {
    nodes.sort(this.compare);
    const { order } = this;
    let from = 0;
    let to = 0;
    for (let i = 0; i < nodes.length; i++) {
      const at = this.lowerBound(nodes[i]!, this.size, from);
      if (i > 0) order.copyWithin(to, from, at);
      to = i === 0 ? at : to + at - from;
      from = at + 1;
    }
    if (nodes.length === 0) return;
    order.copyWithin(to, from, this.size);
    this.size -= nodes.length;
  }

  /**
   * The ranks of the places with the last tokens of `context` (the latest last), from those that match most tokens down to
   * those that match one. Each order is visited twice, for the places on either side of those that match more.
   */
  visitMatches(context: Int32Array, visit: (order: number, from: number, to: number) => void): void {
    let low = this.seek(context);
    let high = low;
    const longest = Math.max(this.matched(low - 1, context), this.matched(high, context));
    for (let order = longest; order >= 1; order--) {
      const from = this.matched(low - 1, context) >= order ? this.edge(low - 1, order, context, -1) : low;
      const to = this.matched(high, context) >= order ? this.edge(high, order, context, 1) + 1 : high;
      if (from < low) visit(order, from, low);
      if (high < to) visit(order, high, to);
      low = from;
      high = to;
    }
  }

  /** Where the places with `context` (the latest token last) are, or would be. */
  private seek(context: Int32Array): number {
    let low = 0;
    let high = this.size;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.isBefore(this.order[middle]!, context)) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** How many of the last tokens of `context` stand before the node at `rank`. */
  private matched(rank: number, context: Int32Array): number {
    if (rank < 0 || rank >= this.size) return 0;
    const { previous, symbols } = this.store;
    let node = this.order[rank]!;
    for (let length = 0; length < context.length; length++) {
      node = previous[node]!;
      if (symbols[node] !== context[context.length - 1 - length]) return length;
    }
    return context.length;
  }

  /** From `rank`, which matches `length` tokens, as far as that holds in direction `step`: the last rank that does. */
  private edge(rank: number, length: number, context: Int32Array, step: 1 | -1): number {
    let inside = rank;
    let stride = 1;
    while (this.matched(inside + step * stride, context) >= length) {
      inside += step * stride;
      stride *= 2;
    }
    for (; stride >= 1; stride >>= 1) {
      if (this.matched(inside + step * stride, context) >= length) inside += step * stride;
    }
    return inside;
  }

  private isBefore(node: number, context: Int32Array): boolean {
    const { previous, symbols } = this.store;
    for (let i = context.length - 1; i >= 0; i--) {
      node = previous[node]!;
      const difference = symbols[node]! - context[i]!;
      if (difference !== 0) return difference < 0;
    }
    return false;
  }

  /** Total: nodes with equal contexts are ordered by token, then by number, so that each is found again. */
  private readonly compare = (a: number, b: number): number => {
    const { previous, symbols } = this.store;
    let left = a;
    let right = b;
    for (let i = 0; i < this.depth; i++) {
      left = previous[left]!;
      right = previous[right]!;
      if (left === right) break;
      const difference = symbols[left]! - symbols[right]!;
      if (difference !== 0) return difference;
    }
    return symbols[a]! - symbols[b]! || a - b;
  };

  private lowerBound(node: number, high: number, low = 0): number {
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.compare(this.order[middle]!, node) < 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
