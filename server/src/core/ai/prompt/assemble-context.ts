import { matchesPath } from '../../project/path-patterns.js';
import type { CompletionPrompt, Snippet } from '../model-provider.js';
import { isDenied } from './denied-paths.js';
import { similarWindows } from './similar-windows.js';

export interface ContextInput {
  readonly path: string;
  readonly text: string;
  /** Of the caret, in UTF-16 units. */
  readonly offset: number;
  /** Texts that the asker may read. */
  readonly others: readonly { readonly path: string; readonly text: string; readonly priority: 'pinned' | 'open' }[];
  /** `project.aiContext`. */
  readonly excludedPaths: readonly string[];
  readonly instructions: string;
}

/** In characters; four are about a token. */
export interface ContextBudget {
  readonly prefix: number;
  readonly suffix: number;
  readonly snippets: number;
}

export type PromptContext = Pick<CompletionPrompt, 'path' | 'prefix' | 'suffix' | 'snippets' | 'instructions'>;

export const DEFAULT_BUDGET: ContextBudget = { prefix: 8_000, suffix: 2_000, snippets: 6_000 };

/** What the text around the caret is compared by. */
const LINES_BEFORE = 30;
const LINES_AFTER = 10;
/** A piece of fewer characters says nothing. */
const SHORTEST_SNIPPET = 80;

/**
 * What a model is told: the text around the caret, cut at line starts; the pinned files; and what the other open files
 * have in common with it. Undefined when nothing may be told about the document at all: its path is denied or excluded.
 */
export function assembleContext(
  input: ContextInput,
  budget: ContextBudget = DEFAULT_BUDGET,
): PromptContext | undefined {
  const { path, text, instructions, excludedPaths } = input;
  const isKeptBack = (other: string) => isDenied(other) || matchesPath(other, excludedPaths);
  if (isKeptBack(path)) return undefined;
  const offset = Math.min(Math.max(0, input.offset), text.length);
  const others = input.others.filter((other) => other.path !== path && !isKeptBack(other.path)).sort(byPath);
  return {
    path,
    prefix: lastLines(text.slice(0, offset), budget.prefix),
    suffix: firstLines(text.slice(offset), budget.suffix),
    snippets: chooseSnippets(around(text, offset), others, budget.snippets),
    instructions,
  };
}

type Other = ContextInput['others'][number];

/** Pinned files share the budget evenly; what they leave goes to windows of the open files. */
function chooseSnippets(caret: string, others: readonly Other[], budget: number): Snippet[] {
  let left = budget;
  const pinned = others.filter(({ priority, text }) => priority === 'pinned' && text.trim() !== '');
  const snippets: Snippet[] = [];
  for (const [index, { path, text }] of pinned.entries()) {
    const cut = firstLines(text, Math.floor(left / (pinned.length - index)));
    if (cut === '') continue;
    left -= cut.length;
    snippets.push({ path, text: cut });
  }
  const open = others.filter(({ priority }) => priority === 'open');
  const windows: { path: string; line: number; text: string }[] = [];
  for (const window of left < SHORTEST_SNIPPET ? [] : similarWindows(caret, open)) {
    const text = firstLines(window.text, left);
    if (text.length < Math.min(SHORTEST_SNIPPET, window.text.length)) break;
    left -= text.length;
    windows.push({ ...window, text });
  }
  // Not by score: the same pieces shall make the same prompt.
  windows.sort((a, b) => byPath(a, b) || a.line - b.line);
  return [...snippets, ...windows.map(({ path, text }) => ({ path, text }))];
}

const byPath = (a: { path: string }, b: { path: string }) => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0);

function around(text: string, offset: number): string {
  const before = text
    .slice(Math.max(0, offset - 4_000), offset)
    .split('\n')
    .slice(-LINES_BEFORE);
  const after = text.slice(offset, offset + 2_000).split('\n', LINES_AFTER);
  return `${before.join('\n')}${after.join('\n')}`;
}

/** The end of a text, from a line start; of a line that is too long, its end. */
function lastLines(text: string, budget: number): string {
  if (text.length <= budget) return text;
  const from = text.length - budget;
  // A line start is where the character before is a line end.
  const lineEnd = text.indexOf('\n', from - 1);
  if (lineEnd !== -1 && lineEnd + 1 < text.length) return text.slice(lineEnd + 1);
  return text.slice(isLowSurrogate(text, from) ? from + 1 : from);
}

/** The beginning of a text, to a line start; of a line that is too long, its beginning. */
export function firstLines(text: string, budget: number): string {
  if (text.length <= budget) return text;
  const lineEnd = budget === 0 ? -1 : text.lastIndexOf('\n', budget - 1);
  if (lineEnd !== -1) return text.slice(0, lineEnd + 1);
  return text.slice(0, isLowSurrogate(text, budget) ? budget - 1 : budget);
}

const isLowSurrogate = (text: string, at: number) => (text.charCodeAt(at) & 0xfc00) === 0xdc00;
