import { isBlank, isLineBreak, tokenEnd } from './tokenizer.js';
import type { Vocabulary } from './vocabulary.js';

// Marks an indentation that is told relative to the last line that is not blank, so that code one level deeper or shallower
// is the same to the model. A NUL of a document is a token of one character; these are longer.
const SAME = '\u0000=';
const MORE = '\u0000+';
const LESS = '\u0000-';

/** Lines that are longer are not learned from: they are minified code or data. */
export const MAX_LINE_LENGTH = 1000;

/** Called with the symbol, and where its token starts and ends. */
export type OnSymbol = (symbol: number, start: number, end: number) => void;

/** The blanks at the start of the last line before `lineStart` that is not blank. */
export const indentationBefore = (text: string, lineStart: number): string => {
  for (let end = lineStart; end > 0; ) {
    let start = end - 1;
    while (start > 0 && !isLineBreak(text.charCodeAt(start - 1))) start--;
    let at = start;
    while (isBlank(text.charCodeAt(at))) at++;
    if (at < end && !isLineBreak(text.charCodeAt(at))) return text.slice(start, at);
    end = start;
  }
  return '';
};

const relative = (blanks: string, above: string): string => {
  if (blanks === above) return SAME;
  if (blanks.startsWith(above)) return MORE + blanks.slice(above.length);
  if (above.startsWith(blanks)) return LESS + String.fromCharCode(above.length - blanks.length);
  return blanks;
};

/** What a symbol stands for in a line whose last non-blank line above is indented by `above`. */
export const renderSymbol = (text: string, above: string): string => {
  if (text.charCodeAt(0) !== 0 || text.length < 2) return text;
  if (text === SAME) return above;
  return text.startsWith(MORE) ? above + text.slice(2) : above.slice(0, -text.charCodeAt(2) || undefined);
};

const pastLongLine = (text: string, lineStart: number): number => {
  const found = text.indexOf('\n', lineStart);
  const lineEnd = found === -1 ? text.length : found;
  return lineEnd - lineStart > MAX_LINE_LENGTH ? lineEnd : lineStart;
};

/**
 * The symbols of `text` from `start`, which is the start of a line, each counted as used in `vocabulary`. `above` is the
 * indentation of the last non-blank line before `start`.
 */
export const readSymbols = (
  vocabulary: Vocabulary,
  text: string,
  start: number,
  above: string,
  onSymbol: OnSymbol,
): void => {
  let lineStart = true;
  for (let at = start; at < text.length; ) {
    if (lineStart) at = pastLongLine(text, at);
    if (at === text.length) return;
    const end = tokenEnd(text, at);
    const code = text.charCodeAt(at);
    if (lineStart && isBlank(code)) {
      const blanks = text.slice(at, end);
      onSymbol(vocabulary.retain(relative(blanks, above)), at, end);
      if (end < text.length && !isLineBreak(text.charCodeAt(end))) above = blanks;
    } else {
      if (lineStart && !isLineBreak(code)) above = '';
      onSymbol(vocabulary.retain(text, at, end), at, end);
    }
    lineStart = isLineBreak(code);
    at = end;
  }
};
