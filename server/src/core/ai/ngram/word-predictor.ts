import { gate, WORD_GATES } from './gates.js';
import type { LocalText } from './local-text.js';
import type { Prediction, Predictor } from './predictor.js';
import type { ProjectIndex } from './project-index.js';
import type { Vocabulary } from './vocabulary.js';

/** Of the words that begin as typed, the most used: counted exactly, 5 us each. */
const MAX_WORDS = 128;
/** The documents of so many places, evenly spaced, say how much a range of places weighs. */
const SAMPLE = 32;
/** Occurrences in the open file that are looked at, from the latest. */
const WALK = 500;
/** An occurrence at the caret counts 1 + RECENCY, and e times less of RECENCY each DECAY tokens away. */
const RECENCY = 3;
const DECAY = 300;

/** One row of gates.ts: how much was seen, how many different words, and how much of one of them. */
export interface WordEvidence {
  readonly seen: number;
  readonly different: number;
  readonly ofSymbol: number;
}

/**
 * What a half-typed word becomes. A sample of what followed the context hardly ever holds it: after contexts of thousands of
 * places most words are rare. So it goes the other way round: the words that begin as typed, from the vocabulary, and how often
 * each stands after the context, which is the size of a range of the index (the places after context and word).
 *
 * Blended as in predictor.ts, but among these words only. The shortest context is none at all: there a word that was never
 * seen is as probable as words that begin so are different (Witten-Bell; the escape of prediction by partial matching).
 */
export class WordPredictor {
  private symbols: number[] = [];
  /** Evidence of all rows for the first symbol, then for the second. */
  private counts = new Float64Array(0);
  private readonly rows: number;
  /** What the vocabulary has besides `symbols`. */
  private otherWords = 0;
  private otherUses = 0;

  constructor(
    private readonly vocabulary: Vocabulary,
    private readonly project: ProjectIndex,
    private readonly above: LocalText,
    private readonly below: LocalText,
    private readonly predictor: Predictor,
    order: number,
  ) {
    this.rows = 2 * order + 2;
  }

  /**
   * The words that begin with `typed`, which may be complete already, most probable first. Their probabilities and that of an
   * unseen word, which is returned too, add up to 1 or a little less. `context`: what stands before `typed`, as for Predictor.
   */
  predict(context: Int32Array, typed: string): { words: Prediction[]; unseen: number } {
    this.gather(context, typed);
    const { symbols, rows, counts } = this;
    const probabilities = new Float64Array(symbols.length);
    let unseen = 1;
    for (let row = 0; row < rows; row++) {
      const { seen, different } = this.total(row);
      if (seen === 0) continue;
      const trust = row === 0 ? 1 : gate(WORD_GATES, row, seen, different);
      unseen = row === 0 ? different / seen : unseen * (1 - trust);
      for (let i = 0; i < symbols.length; i++)
        probabilities[i] = (1 - trust) * probabilities[i]! + (trust * counts[i * rows + row]!) / seen;
    }
    const words = symbols.map((symbol, i) => ({ symbol, probability: probabilities[i]! }));
    return { words: words.sort((a, b) => b.probability - a.probability), unseen };
  }

  /** What `predict` would blend: for fitting its gates. A `symbol` that is no known word counts as an unseen one. */
  evidenceFor(context: Int32Array, typed: string, symbol: number): WordEvidence[] {
    this.gather(context, typed);
    const at = this.symbols.indexOf(symbol);
    const isKnown = at >= 0 && this.counts.subarray(at * this.rows, (at + 1) * this.rows).some((count) => count > 0);
    return Array.from({ length: this.rows }, (_, row) => {
      const { seen, different } = this.total(row);
      const unseen = row === 0 ? different : 0;
      return { seen, different, ofSymbol: isKnown ? this.counts[at * this.rows + row]! : unseen };
    });
  }

  /** Row 0: Witten-Bell, so `seen` counts each different word once more. */
  private total(row: number): { seen: number; different: number } {
    let seen = 0;
    let different = 0;
    for (let at = row; at < this.counts.length; at += this.rows) {
      const count = this.counts[at]!;
      seen += count;
      if (count > 0) different++;
    }
    if (row > 0) return { seen, different };
    different += this.otherWords;
    return { seen: seen + this.otherUses + different, different };
  }

  private gather(context: Int32Array, typed: string): void {
    this.findWords(context, typed);
    const { symbols, rows } = this;
    this.counts = new Float64Array(symbols.length * rows);
    symbols.forEach((symbol, i) => {
      const counts = this.counts.subarray(i * rows, (i + 1) * rows);
      this.countProject(context, symbol, counts);
      this.countLocal(this.above, context, symbol, counts, (at) => this.above.size - at);
      this.countLocal(this.below, context, symbol, counts, (at) => at);
      // A context holds what longer ones hold.
      for (let row = rows - 3; row >= 0; row--) counts[row]! += counts[row + 2]!;
    });
  }

  /** The most used words, those that the context suggests, and the typed one. */
  private findWords(context: Int32Array, typed: string): void {
    const { predictor, vocabulary, above } = this;
    const all: number[] = [];
    vocabulary.beginning(typed, (id) => all.push(id));
    const kept = new Set(all.sort((a, b) => vocabulary.uses(b) - vocabulary.uses(a)).slice(0, MAX_WORDS));
    predictor.predict(context);
    for (let i = 0; i < predictor.size; i++) {
      const symbol = predictor.symbols[i]!;
      if (vocabulary.compareBeginning(symbol, typed) === 0) kept.add(symbol);
    }
    kept.add(above.symbols[above.size - 1]!);
    this.symbols = [...kept];
    this.otherWords = all.length - kept.size;
    this.otherUses = 0;
    for (const id of all) if (!kept.has(id)) this.otherUses += vocabulary.uses(id);
  }

  private countProject(context: Int32Array, symbol: number, counts: Float64Array): void {
    const { store, index } = this.project;
    const { weights } = this.predictor;
    const following = new Int32Array(context.length);
    following.set(context.subarray(1));
    following[following.length - 1] = symbol;
    index.visitMatches(following, (order, from, to) => {
      const stride = Math.max(1, (to - from) / SAMPLE);
      let weight = 0;
      for (let rank = from + (stride - 1) / 2; rank < to; rank += stride)
        weight += stride * weights[store.documents[index.order[rank | 0]!]!]!;
      counts[2 * (order - 1)]! += weight;
    });
  }

  private countLocal(
    local: LocalText,
    context: Int32Array,
    symbol: number,
    counts: Float64Array,
    distance: (at: number) => number,
  ): void {
    const { symbols, links } = local;
    const last = context.length - 1;
    let budget = WALK;
    for (let after = local.after(symbol); after > 0 && budget > 0; after = links[after]!, budget--) {
      const at = after - 1;
      let order = 0;
      while (order < last && at > order && symbols[at - 1 - order] === context[last - order]) order++;
      counts[2 * order + 1]! += 1 + RECENCY * Math.exp(-distance(at) / DECAY);
    }
  }
}
