/** Longer tokens are cut: a minified or base64 line must not become one huge vocabulary entry. */
export const MAX_TOKEN_LENGTH = 64;
const MAX_OPERATOR_LENGTH = 3;

enum Kind {
  Word,
  Digit,
  Blank,
  Newline,
  Operator,
  Single,
}

const KINDS = new Uint8Array(128).fill(Kind.Single);
for (let code = 0; code < 128; code++) {
  const char = String.fromCharCode(code);
  if (/[A-Za-z_$]/.test(char)) KINDS[code] = Kind.Word;
  else if (/[0-9]/.test(char)) KINDS[code] = Kind.Digit;
  else if (char === ' ' || char === '\t') KINDS[code] = Kind.Blank;
  else if (char === '\n' || char === '\r') KINDS[code] = Kind.Newline;
  else if ('=<>!&|+-*/%^~?:.'.includes(char)) KINDS[code] = Kind.Operator;
}

const UNICODE_WORD = /[\p{L}\p{N}\p{M}\p{Pc}\u200c\u200d]/u;

const kindOf = (text: string, at: number): Kind => {
  const code = text.charCodeAt(at);
  if (code < 128) return KINDS[code]! as Kind;
  return UNICODE_WORD.test(String.fromCodePoint(text.codePointAt(at)!)) ? Kind.Word : Kind.Single;
};

/** Past the code point at `at`; a lone surrogate is one by itself. */
const afterPoint = (text: string, at: number) => at + (text.codePointAt(at)! > 0xffff ? 2 : 1);

/**
 * Where the token that begins at `start` ends. Every token is one of: a word (identifier, in any script), a number, a run
 * of blanks, one line break, an operator of at most three characters, or one other character (brackets, quotes, ...). So
 * strings and comments fall into words. The tokens of a text, joined, are the text.
 */
export const tokenEnd = (text: string, start: number): number => {
  const kind = kindOf(text, start);
  let end = afterPoint(text, start);
  if (kind === Kind.Single) return end;
  if (kind === Kind.Newline) return text.startsWith('\r\n', start) ? start + 2 : end;
  const limit = start + (kind === Kind.Operator ? MAX_OPERATOR_LENGTH : MAX_TOKEN_LENGTH);
  while (end < text.length && end < limit) {
    const next = kindOf(text, end);
    if (next !== kind && !(kind === Kind.Word && next === Kind.Digit)) break;
    end = afterPoint(text, end);
  }
  return end;
};

/** The tokens of `text`, in order. */
export const tokenize = (text: string): string[] => {
  const tokens: string[] = [];
  for (let start = 0; start < text.length; ) {
    const end = tokenEnd(text, start);
    tokens.push(text.slice(start, end));
    start = end;
  }
  return tokens;
};

/** A word, a number, or a piece of one. */
export const isWordLike = (text: string, at: number): boolean => {
  const kind = kindOf(text, at);
  return kind === Kind.Word || kind === Kind.Digit;
};

export const isBlank = (code: number): boolean => code === 32 || code === 9;
export const isLineBreak = (code: number): boolean => code === 10 || code === 13;
