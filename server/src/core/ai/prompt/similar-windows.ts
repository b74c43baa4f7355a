/** Lines of a window, and how far the next one begins below. */
const WINDOW_LINES = 40;
const STEP_LINES = 20;
/** Less is by chance: words like `const` and `return` stand everywhere. */
const LEAST_SCORE = 0.04;
/** Looked at of all files together: 140,000 characters take 3 to 10 ms, and a completion has 40 for all of its context. */
const MOST_CHARACTERS = 300_000;
const WORD = /[\p{L}_$][\p{L}\p{N}_$]{2,63}/gu;

export interface SimilarWindow {
  readonly path: string;
  /** Index of its first line. */
  readonly line: number;
  readonly text: string;
  readonly score: number;
}

/**
 * Windows of other files that share the most words with a text, by Jaccard similarity (the words in both, over the words
 * in either), best first. Windows lie on a fixed grid of lines, so that the same text gives the same windows while
 * somebody types elsewhere, and do not overlap.
 */
export function similarWindows(
  text: string,
  files: readonly { readonly path: string; readonly text: string }[],
): SimilarWindow[] {
  const wanted = new Set(wordsOf(text));
  if (wanted.size === 0) return [];
  const share = Math.floor(MOST_CHARACTERS / files.length);
  const windows = files.flatMap(({ path, text }) => windowsOf(path, text.slice(0, share), wanted)).sort(byScore);
  const taken: SimilarWindow[] = [];
  for (const window of windows) {
    const overlaps = ({ path, line }: SimilarWindow) =>
      path === window.path && Math.abs(line - window.line) < WINDOW_LINES;
    if (!taken.some(overlaps)) taken.push(window);
    if (taken.length === MOST_WINDOWS) break;
  }
  return taken;
}

/** More do not fit into any budget. */
const MOST_WINDOWS = 16;

function byScore(a: SimilarWindow, b: SimilarWindow): number {
  return b.score - a.score || (a.path < b.path ? -1 : a.path > b.path ? 1 : a.line - b.line);
}

function windowsOf(path: string, text: string, wanted: ReadonlySet<string>): SimilarWindow[] {
  const lines = text.split('\n');
  const steps: Set<string>[] = [];
  for (let line = 0; line < lines.length; line += STEP_LINES) {
    steps.push(new Set(lines.slice(line, line + STEP_LINES).flatMap(wordsOf)));
  }
  const windows: SimilarWindow[] = [];
  const last = Math.max(1, steps.length - 1);
  for (let step = 0; step < last; step++) {
    const score = similarity(steps[step]!, steps[step + 1], wanted);
    if (score < LEAST_SCORE) continue;
    const line = step * STEP_LINES;
    windows.push({ path, line, text: lines.slice(line, line + WINDOW_LINES).join('\n'), score });
  }
  return windows;
}

function similarity(first: ReadonlySet<string>, second: ReadonlySet<string> | undefined, wanted: ReadonlySet<string>) {
  let size = first.size;
  let common = 0;
  for (const word of first) if (wanted.has(word)) common += 1;
  for (const word of second ?? []) {
    if (first.has(word)) continue;
    size += 1;
    if (wanted.has(word)) common += 1;
  }
  return size === 0 ? 0 : common / (size + wanted.size - common);
}

const wordsOf = (text: string): string[] => text.match(WORD) ?? [];
