/** Fewer characters stand everywhere. */
const SHORTEST = 3;
/** Of a text made of nothing else. */
const MOST_MATCHES = 10_000;

/** Finds quoted pieces of a text whose line numbers cannot be trusted: models count badly and copy well. */
export class QuoteLocator {
  private readonly lineStarts: number[] = [0];
  /** The text without blanks, and where each of its characters stands. */
  private dense: { readonly text: string; readonly at: Uint32Array } | undefined;

  constructor(private readonly text: string) {
    for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) this.lineStarts.push(at + 1);
  }

  /**
   * UTF-16 offsets of the quote: as it is, else with other blanks; of several places the one nearest to `line` (from 1),
   * else the first. Undefined when it does not stand there, or too short to be meant without a line.
   */
  locate(quote: string, line: number | null | undefined): { start: number; end: number } | undefined {
    for (const wanted of [quote, quote.replaceAll(/^\s*\d+\s*\|[ \t]?/gm, '')]) {
      const trimmed = wanted.trim();
      if (trimmed === '' || (line == null && trimmed.length < SHORTEST)) continue;
      const exact = this.nearest(this.text, trimmed, line, (offset) => offset);
      if (exact !== undefined) return { start: exact, end: exact + trimmed.length };
      const dense = this.locateDense(trimmed.replaceAll(/\s+/g, ''), line);
      if (dense !== undefined) return dense;
    }
    return undefined;
  }

  private locateDense(wanted: string, line: number | null | undefined) {
    this.dense ??= withoutBlanks(this.text);
    const { text, at } = this.dense;
    const start = this.nearest(text, wanted, line, (offset) => at[offset]!);
    return start === undefined ? undefined : { start: at[start]!, end: at[start + wanted.length - 1]! + 1 };
  }

  /** Where `wanted` begins in `text`, in the nearest line; `offsetOf` leads from there into the whole text. */
  private nearest(
    text: string,
    wanted: string,
    line: number | null | undefined,
    offsetOf: (offset: number) => number,
  ): number | undefined {
    let best: number | undefined;
    let least = Infinity;
    let matches = 0;
    for (let at = text.indexOf(wanted); at !== -1; at = text.indexOf(wanted, at + wanted.length)) {
      const distance = Number.isFinite(line) ? Math.abs(this.lineOf(offsetOf(at)) - line!) : 0;
      // The lines come in order: from the nearest one on, they only get farther.
      if (distance > least || least === 0 || ++matches > MOST_MATCHES) break;
      if (distance < least) best = at;
      least = distance;
    }
    return best;
  }

  /** From 1. */
  private lineOf(offset: number): number {
    let low = 0;
    let high = this.lineStarts.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.lineStarts[middle]! <= offset) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

function withoutBlanks(text: string): { text: string; at: Uint32Array } {
  const at = new Uint32Array(text.length);
  const kept: string[] = [];
  let length = 0;
  for (const { 0: word, index } of text.matchAll(/\S+/g)) {
    kept.push(word);
    for (let offset = 0; offset < word.length; offset++) at[length++] = index + offset;
  }
  return { text: kept.join(''), at: at.subarray(0, length) };
}
