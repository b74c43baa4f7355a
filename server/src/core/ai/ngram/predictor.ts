import type { ContextIndex } from './context-index.js';
import { gate, TOKEN_GATES } from './gates.js';
import type { LocalText } from './local-text.js';
import type { TokenStore } from './token-store.js';
import { grown } from './typed-array.js';

const MAX_CANDIDATES = 1024;
const MAX_EVIDENCE = 8192;
/** Of the places with the same context, on either side of those that match one token more. More do not predict better. */
const SAMPLE = 64;
/** Places in the open file that are looked at, from the latest. */
const WALK = 1000;
/** The latest tokens of the open file: candidates whatever the context. */
const RECENT = 800;
/** A place at the caret counts 1 + RECENCY, and e times less of RECENCY each DECAY tokens away. */
const RECENCY = 3;
const DECAY = 300;

export interface Prediction {
  readonly symbol: number;
  readonly probability: number;
}

/**
 * What may follow a context. Evidence is gathered for each number of matching tokens, from the project and from the open file
 * (Tu, Su, Devanbu 2014: a cache of the file's own counts), and blended from the shortest context to the longest:
 * P = gate * share + (1 - gate) * P of the shorter. The gates are fitted (gates.ts); Witten-Bell is the special case
 * gate = seen / (seen + different).
 */
export class Predictor {
  size = 0;
  readonly symbols = new Int32Array(MAX_CANDIDATES);
  readonly probabilities = new Float64Array(MAX_CANDIDATES);
  /** The weight of each project document for the request at hand, by its number. */
  weights: Float64Array<ArrayBuffer> = new Float64Array(0);

  /** Candidate of each symbol, plus 1. */
  private slots = new Int32Array(1024);
  /** The row of the longest match of each candidate, in the project and in the open file. */
  private readonly longest = [new Uint8Array(MAX_CANDIDATES), new Uint8Array(MAX_CANDIDATES)] as const;
  private evidence = 0;
  private readonly evidenceSlots = new Uint16Array(MAX_EVIDENCE);
  private readonly evidenceRows = new Uint8Array(MAX_EVIDENCE);
  private readonly evidenceWeights = new Float64Array(MAX_EVIDENCE);
  private readonly seen: Float64Array;
  private readonly different: Float64Array;
  private readonly shares: Float64Array;

  constructor(
    private readonly store: TokenStore,
    private readonly index: ContextIndex,
    private readonly above: LocalText,
    private readonly below: LocalText,
    private readonly order: number,
  ) {
    const rows = 2 * order + 2;
    this.seen = new Float64Array(rows + 2);
    this.different = new Float64Array(rows + 2);
    this.shares = new Float64Array(rows);
  }

  get bytes(): number {
    return this.slots.byteLength + MAX_CANDIDATES * 14 + MAX_EVIDENCE * 11;
  }

  /** Fills `symbols` and `probabilities`, `size` of them. `context`: `order` tokens, the latest last, -1 where there is none. */
  predict(context: Int32Array): void {
    this.clear();
    this.gatherProject(context);
    this.gatherLocal(this.above, context, (at) => this.above.size - at);
    this.gatherLocal(this.below, context, (at) => at);
    this.gatherRecent();
    this.blend();
  }

  /** The most probable, best first, none below `least`. */
  best(limit: number, least: number): Prediction[] {
    const top: Prediction[] = [];
    for (let i = 0; i < this.size; i++) {
      const probability = this.probabilities[i]!;
      if (probability < least || (top.length === limit && probability <= top[limit - 1]!.probability)) continue;
      let at = top.length < limit ? top.length : limit - 1;
      for (; at > 0 && top[at - 1]!.probability < probability; at--) top[at] = top[at - 1]!;
      top[at] = { symbol: this.symbols[i]!, probability };
    }
    return top;
  }

  /** Of the last prediction, for each row of gates.ts: how much was seen, how many different tokens, how much of `symbol`. */
  evidenceFor(symbol: number): readonly { seen: number; different: number; ofSymbol: number }[] {
    const slot = this.slots[symbol] === undefined ? -1 : this.slots[symbol] - 1;
    const ofSymbol = new Float64Array(this.seen.length);
    for (let i = 0; i < this.evidence; i++) {
      if (this.evidenceSlots[i] === slot) ofSymbol[this.evidenceRows[i]!]! += this.evidenceWeights[i]!;
    }
    for (let row = this.shares.length - 1; row >= 1; row--) ofSymbol[row]! += ofSymbol[row + 2]!;
    return Array.from(this.shares, (_, row) => ({
      seen: this.seen[row]!,
      different: this.different[row]!,
      ofSymbol: ofSymbol[row]!,
    }));
  }

  private clear(): void {
    for (let i = 0; i < this.size; i++) this.slots[this.symbols[i]!] = 0;
    this.size = 0;
    this.evidence = 0;
    this.seen.fill(0);
    this.different.fill(0);
  }

  private add(row: number, symbol: number, weight: number): void {
    if (weight === 0 || this.evidence === MAX_EVIDENCE) return;
    if (symbol >= this.slots.length) this.slots = grown(this.slots, symbol + 1);
    let slot = this.slots[symbol]! - 1;
    if (slot < 0) {
      if (this.size === MAX_CANDIDATES) return;
      slot = this.size++;
      this.symbols[slot] = symbol;
      this.slots[symbol] = slot + 1;
      this.longest[0][slot] = 0;
      this.longest[1][slot] = 0;
    }
    const longest = this.longest[(row & 1) as 0 | 1];
    if (longest[slot]! < row) longest[slot] = row;
    this.seen[row]! += weight;
    this.evidenceSlots[this.evidence] = slot;
    this.evidenceRows[this.evidence] = row;
    this.evidenceWeights[this.evidence++] = weight;
  }

  /** From the longest match outwards: what each shorter context adds lies left and right of the longer one's places. */
  private gatherProject(context: Int32Array): void {
    this.index.visitMatches(context, (order, from, to) => this.sample(2 * order, from, to));
  }

  /** Evenly spaced places stand for those between: neighbours have similar contexts. */
  private sample(row: number, from: number, to: number): void {
    const { symbols, documents } = this.store;
    const stride = Math.max(1, (to - from) / SAMPLE);
    for (let rank = from + (stride - 1) / 2; rank < to; rank += stride) {
      const node = this.index.order[rank | 0]!;
      this.add(row, symbols[node]!, stride * this.weights[documents[node]!]!);
    }
  }

  private gatherLocal(local: LocalText, context: Int32Array, distance: (at: number) => number): void {
    const { symbols, links } = local;
    const last = context.length - 1;
    let budget = WALK;
    for (let at = local.after(context[last]!); at > 0 && budget > 0; at = links[at]!, budget--) {
      let order = 1;
      while (order <= last && at > order && symbols[at - 1 - order] === context[last - order]) order++;
      this.add(2 * order + 1, symbols[at]!, 1 + RECENCY * Math.exp(-distance(at) / DECAY));
    }
  }

  private gatherRecent(): void {
    const { symbols, size } = this.above;
    for (let at = Math.max(0, size - RECENT); at < size; at++) this.add(1, symbols[at]!, 1);
  }

  private blend(): void {
    const { seen, different, shares, longest, probabilities, size } = this;
    for (let i = 0; i < size; i++) {
      different[longest[0][i]!]!++;
      different[longest[1][i]!]!++;
    }
    // A context holds what longer ones hold.
    for (let row = shares.length - 1; row >= 1; row--) {
      seen[row]! += seen[row + 2]!;
      different[row]! += different[row + 2]!;
    }
    let left = 1;
    for (let row = shares.length - 1; row >= 1; row--) {
      const decided = seen[row]! > 0 ? left * gate(TOKEN_GATES, row, seen[row]!, different[row]!) : 0;
      shares[row] = decided === 0 ? 0 : decided / seen[row]!;
      left -= decided;
    }
    for (let row = 3; row < shares.length; row++) shares[row]! += shares[row - 2]!;
    probabilities.fill(0, 0, size);
    for (let i = 0; i < this.evidence; i++) {
      probabilities[this.evidenceSlots[i]!]! += this.evidenceWeights[i]! * shares[this.evidenceRows[i]!]!;
    }
  }
}
