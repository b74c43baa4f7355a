import { isBlank, isLineBreak, isWordLike, tokenEnd } from './tokenizer.js';

const CLOSERS: Readonly<Record<string, string>> = { ')': '(', ']': '[', '}': '{' };
const OPENERS = new Set(Object.values(CLOSERS));
const QUOTES = new Set(['"', "'", '`']);
const MAX_TEXT_LENGTH = 400;
/** Of the beginning of a line: less is typed as fast as accepted. */
const MIN_BEGINNING_LENGTH = 2;
/** So much on either side of the caret is looked at for brackets. */
const BALANCED_LENGTH = 16_384;

/** How the brackets of a text pair up: what it leaves open, and what it closes that was opened before it. */
export const bracketBalance = (text: string): { readonly open: number; readonly closed: number } => {
  const stack: string[] = [];
  let closed = 0;
  for (const char of text) {
    if (OPENERS.has(char)) stack.push(char);
    else if (CLOSERS[char] !== undefined) {
      if (stack.length > 0) stack.pop();
      else closed++;
    }
  }
  return { open: stack.length, closed };
};

/** Where the string begins that is open at the end of `line`; -1 if none. An apostrophe in a comment is one too: a guess. */
const openString = (line: string): number => {
  let start = -1;
  for (let at = 0; at < line.length; at++) {
    const char = line[at]!;
    if (char === '\\') at++;
    else if (start === -1 ? QUOTES.has(char) : char === line[start]) start = start === -1 ? at : -1;
  }
  return start;
};

const firstLine = (text: string): string => {
  let end = 0;
  while (end < text.length && !isLineBreak(text.charCodeAt(end))) end++;
  return text.slice(0, end);
};

const lastLine = (text: string): string => {
  let start = text.length;
  while (start > 0 && !isLineBreak(text.charCodeAt(start - 1))) start--;
  return text.slice(start);
};

/** The text around a caret, and which completions would not fit into it. */
export class TextAround {
  /** Of the caret's line. */
  readonly before: string;
  readonly after: string;
  /** The token with which a completion ends, because it stands there already; empty: the end of the line. */
  readonly stop: string;

  constructor(
    private readonly prefix: string,
    private readonly suffix: string,
  ) {
    this.before = lastLine(prefix);
    this.after = firstLine(suffix);
    let at = 0;
    while (isBlank(this.after.charCodeAt(at))) at++;
    this.stop = this.after.slice(at, at < this.after.length ? tokenEnd(this.after, at) : at);
  }

  /** The caret is inside a word, or before one: what is written there is being changed, not completed. */
  get insideCode(): boolean {
    return this.stop !== '' && isWordLike(this.stop, 0);
  }

  /**
   * Whether the completion `line` ends where `token` would be next, because that stands right of the caret already; undefined
   * when it cannot go on with it. A closing bracket that pairs with one in `line` is not the one right of the caret.
   */
  ends(token: string, line: string): boolean | undefined {
    if (isLineBreak(token.charCodeAt(0))) return this.stop === '' ? true : undefined;
    if (this.stop === '' || token !== this.stop) return false;
    return CLOSERS[token] === undefined || bracketBalance(line).open === 0;
  }

  /** The text to insert for a predicted one; undefined when it says nothing, or what is there already. */
  fit(predicted: string): string | undefined {
    let text = predicted;
    if (this.after === '' || isBlank(this.after.charCodeAt(0))) text = text.trimEnd();
    if (text.trim() === '' || text.length > MAX_TEXT_LENGTH) return undefined;
    const line = this.before + text + this.after;
    if (isRunaway(text) || this.isNeighbour(line) || this.closesTooMuch(text)) return undefined;
    return text;
  }

  /**
   * The same for text that goes on: it ends after a word or what closes or separates, not after an operator; and it leaves
   * nothing open that it opens, as the editor inserts it as it is, and adds the other bracket or quote only where one is typed.
   */
  fitBeginning(predicted: string): string | undefined {
    const text = this.fit(predicted.trimEnd());
    if (text === undefined || text.trim().length < MIN_BEGINNING_LENGTH || bracketBalance(text).open > 0)
      return undefined;
    const last = text.at(-1)!;
    if (!isWordLike(last, 0) && !QUOTES.has(last) && CLOSERS[last] === undefined && !',;'.includes(last))
      return undefined;
    return openString(this.before + text) >= this.before.length ? undefined : text;
  }

  /** The line above or below says the same. Lines of brackets alone do repeat. */
  private isNeighbour(line: string): boolean {
    const content = line.trim();
    const above = lastLine(this.prefix.slice(0, -this.before.length || undefined).trimEnd());
    const below = firstLine(this.suffix.slice(this.after.length).trimStart());
    const says = [...content].some((char) => isWordLike(char, 0));
    return says && (content === above.trim() || content === below.trim());
  }

  /** What the text closes is closed by what follows the caret. Brackets in strings and comments count too: a guess. */
  private closesTooMuch(text: string): boolean {
    const { closed } = bracketBalance(text);
    if (closed === 0) return false;
    const following = bracketBalance(this.suffix.slice(0, BALANCED_LENGTH)).closed;
    return following > 0 && following + closed > bracketBalance(this.prefix.slice(-BALANCED_LENGTH)).open;
  }
}

/** The same piece again and again. */
const isRunaway = (text: string): boolean => /(\S.{1,40}?)\1{3}/.test(text) || /([^\s\-=*_#/~.])\1{7}/.test(text);
