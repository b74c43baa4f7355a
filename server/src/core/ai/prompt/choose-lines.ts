import { commentMark, extensionOf } from './comment-mark.js';

/** Text for people: no blocks. */
export const PROSE = new Set(['md', 'mdx', 'txt', 'rst', 'adoc', 'csv', 'tsv', 'log', 'json', 'jsonc', 'lock']);
const COLON_BLOCKS = new Set(['py', 'pyi', 'yaml', 'yml', 'nim', 'gd']);
const WORD_BLOCKS = new Set(['rb', 'lua', 'sh', 'bash', 'zsh', 'jl', 'ex', 'exs', 'cr', 'sql']);
const OPENING_WORD =
  /(?:\b(?:do|then|else|begin|repeat|try)|\bdo \|[^|]*\|)$|^\s*(?:local )?(?:def|class|module|function|if|unless|while|for)\b[^\n]*$/;

/**
 * Whether several lines are worth asking for: only where a block has just been opened that nothing stands in yet, and
 * not in the middle of a line, a comment or the arguments of a call (the rule that Cody came to). Anywhere else, the
 * rest of the line is what people take.
 */
export function chooseLines(prefix: string, suffix: string, path: string): 'single' | 'multi' {
  const extension = extensionOf(path);
  const restOfLine = suffix.split('\n', 1)[0]!;
  // An editor closes brackets by itself: what is only closing does not count.
  if (PROSE.has(extension) || !/^[\s)\]};,]*$/.test(restOfLine)) return 'single';
  const line = prefix.slice(prefix.lastIndexOf('\n') + 1);
  const opening = line.trim() === '' ? lineAbove(prefix) : line;
  if (!opensBlock(opening, extension) || isComment(opening, path)) return 'single';
  // On a line of its own the caret must stand in the block: where the line is blank, it may be anywhere.
  if (line.trim() === '' && line !== '' && indentOf(line) <= indentOf(opening)) return 'single';
  const below = suffix
    .slice(restOfLine.length)
    .split('\n')
    .find((next) => next.trim() !== '');
  return below !== undefined && indentOf(below) > indentOf(opening) ? 'single' : 'multi';
}

/** Whether what follows the line belongs into a block of it. */
export function opensBlock(line: string, extension: string): boolean {
  const text = line.trimEnd();
  if (/[{[]$|=>$/.test(text)) return true;
  // A bracket behind a name is a call, unless a definition begins there.
  if (text.endsWith('('))
    return !/[\w$)\]]\s*\($/.test(text) || /\b(?:function|func|fn|def|constructor)\b[^(]*\($/.test(text);
  if (COLON_BLOCKS.has(extension)) return text.endsWith(':');
  return WORD_BLOCKS.has(extension) && OPENING_WORD.test(text);
}

function isComment(line: string, path: string): boolean {
  const text = line.trimStart();
  return text.startsWith(commentMark(path)) || /^(?:\/\/|\/?\*)/.test(text);
}

/** The last line with text. */
export function lineAbove(prefix: string): string {
  return prefix.trimEnd().split('\n').at(-1) ?? '';
}

const indentOf = (line: string) => line.length - line.trimStart().length;
