import { PROSE } from './choose-lines.js';
import { commentMark, extensionOf } from './comment-mark.js';

export interface Surroundings {
  readonly path: string;
  readonly prefix: string;
  readonly suffix: string;
}

const CLOSED_BY: Readonly<Record<string, string>> = { '(': ')', '[': ']', '{': '}' };
const STRING = String.raw`(["'\`])(?:\\.|(?!\1)[^\\\n]){0,300}\1`;

/**
 * What is left of a whole completion: without brackets that are closed already and without a repetition of the line's
 * rest. Always a beginning of the text; blank text becomes the empty string.
 */
export function trimCompletion(text: string, around: Surroundings): string {
  const rest = around.suffix.split('\n', 1)[0]!.trim();
  const balanced = PROSE.has(extensionOf(around.path)) ? text : cutSurplus(text, around);
  // The bracket that was cut stands behind the caret: it keeps its place at the beginning of a line.
  const closesBelow = balanced !== text && rest.startsWith(text[balanced.length]!) && /\S\s*\n[ \t]*$/.test(balanced);
  return closesBelow ? balanced : cutOverlap(balanced, rest, lineBefore(around.prefix)).trimEnd();
}

/** Up to the first bracket that closes what neither the text nor the lines before it have left open. */
function cutSurplus(text: string, { path, prefix, suffix }: Surroundings): string {
  const before = bracketsOf(masked(prefix, path)).open;
  const after = bracketsOf(masked(suffix, path)).closing;
  const free = (bracket: string) => Math.max(0, (before.get(bracket) ?? 0) - (after.get(bracket) ?? 0));
  const surplus = bracketsOf(masked(text, path), free).firstSurplus;
  return surplus === undefined ? text : text.slice(0, surplus);
}

/** Without the end that the rest of the line repeats. */
function cutOverlap(text: string, rest: string, before: string): string {
  for (let length = Math.min(rest.length, text.length); length > 0; length--) {
    const overlap = rest.slice(0, length);
    if (!text.endsWith(overlap)) continue;
    const isInWord = /\w$/.test(overlap) && /^\w/.test(rest.slice(length));
    if (isInWord || bracketsOf(overlap).closing.size > 0 || opensQuote(before + text, overlap)) continue;
    return text.slice(0, -length);
  }
  return text;
}

/** Whether a quote in the last part of the line begins a string, which the rest of the line closes. */
const opensQuote = (line: string, part: string) =>
  ['"', "'", '`'].some((quote) => part.split(quote).length % 2 === 0 && line.split(quote).length % 2 === 0);

const lineBefore = (prefix: string) => prefix.slice(prefix.lastIndexOf('\n') + 1);

interface Brackets {
  /** How many stay open, by what would close them. */
  readonly open: Map<string, number>;
  /** How many close something before the text. */
  readonly closing: Map<string, number>;
  /** The first of those for which there is none `free`. */
  readonly firstSurplus: number | undefined;
}

function bracketsOf(text: string, free: (bracket: string) => number = () => Infinity): Brackets {
  const open = new Map<string, number>();
  const closing = new Map<string, number>();
  let firstSurplus: number | undefined;
  for (const { 0: bracket, index } of text.matchAll(/[()[\]{}]/g)) {
    const closer = CLOSED_BY[bracket];
    if (closer !== undefined) {
      open.set(closer, (open.get(closer) ?? 0) + 1);
      continue;
    }
    const inside = open.get(bracket) ?? 0;
    if (inside > 0) {
      open.set(bracket, inside - 1);
      continue;
    }
    const count = (closing.get(bracket) ?? 0) + 1;
    closing.set(bracket, count);
    if (count > free(bracket)) firstSurplus ??= index;
  }
  return { open, closing, firstSurplus };
}

/** Strings within a line and comments to its end made blank, at the same length: their brackets mean nothing. */
function masked(text: string, path: string): string {
  const mark = commentMark(path).replaceAll(/\W/g, '\\$&');
  return text.replaceAll(new RegExp(`${STRING}|${mark}[^\\n]*`, 'g'), (part) => ' '.repeat(part.length));
}
