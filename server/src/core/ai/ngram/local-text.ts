import { indentationBefore, readSymbols } from './symbols.js';
import { grown } from './typed-array.js';
import type { Vocabulary } from './vocabulary.js';

const NONE = -1;

/**
 * The tokens of the text on one side of the caret, each linked to the last place with the same token before it, so that
 * the places where a context occurred are walked from the latest to the first. Between two requests only what follows the
 * first changed line is read again.
 */
export class LocalText {
  symbols = new Int32Array(512);
  size = 0;
  /** links[i]: the place before `i` that follows the same token as the one at `i`. */
  links = new Int32Array(512);
  private starts = new Int32Array(512);
  private latest = new Int32Array(1024).fill(NONE);
  private text = '';

  constructor(private readonly vocabulary: Vocabulary) {}

  get bytes(): number {
    return this.symbols.byteLength + this.links.byteLength + this.starts.byteLength + this.latest.byteLength;
  }

  /** The last place that follows `symbol`; -1 when there is none. */
  after(symbol: number): number {
    return symbol >= 0 && symbol < this.latest.length ? this.latest[symbol]! : NONE;
  }

  update(text: string): void {
    const lineStart = this.firstChangedLine(text);
    while (this.size > 0 && this.starts[this.size - 1]! >= lineStart) this.pop();
    readSymbols(this.vocabulary, text, lineStart, indentationBefore(text, lineStart), (symbol, start) =>
      this.push(symbol, start),
    );
    this.text = text;
  }

  /** Up to where the text is a continuation of the last one: the start of a line in both. */
  private firstChangedLine(text: string): number {
    const old = this.text;
    let same = old.length;
    if (!text.startsWith(old)) {
      const shorter = Math.min(old.length, text.length);
      same = 0;
      while (same < shorter && text.charCodeAt(same) === old.charCodeAt(same)) same++;
    }
    while (same > 0 && text.charCodeAt(same - 1) !== 10) same--;
    // "\r" before the break or not, a token ends after "\n".
    return same;
  }

  private push(symbol: number, start: number): void {
    const at = this.size++;
    this.symbols = grown(this.symbols, this.size);
    this.links = grown(this.links, this.symbols.length);
    this.starts = grown(this.starts, this.symbols.length);
    this.symbols[at] = symbol;
    this.starts[at] = start;
    if (at === 0) return;
    const before = this.symbols[at - 1]!;
    if (before >= this.latest.length) {
      const length = this.latest.length;
      this.latest = grown(this.latest, before + 1).fill(NONE, length);
    }
    this.links[at] = this.latest[before]!;
    this.latest[before] = at;
  }

  private pop(): void {
    const at = --this.size;
    if (at > 0) this.latest[this.symbols[at - 1]!] = this.links[at]!;
    this.vocabulary.release(this.symbols[at]!);
  }
}
