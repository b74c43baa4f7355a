/** How a file indents, as far as its first lines tell. */
export type Indentation = { unit: string; size: number };

const SAMPLE_LINES = 400;

/**
 * Looks at the steps between the indents of neighbouring lines: the most frequent one wins. Undefined when the file
 * does not indent, and the user's own setting holds.
 */
export function detectIndentation(lines: Iterable<string>): Indentation | undefined {
  const votes = new Map<number, number>();
  let tabs = 0;
  let spaced = 0;
  let seen = 0;
  let previous = 0;
  for (const line of lines) {
    if (++seen > SAMPLE_LINES) break;
    const indent = /^[\t ]*(?=\S)/.exec(line)?.[0];
    if (indent === undefined) continue;
    if (indent.startsWith('\t')) {
      tabs += 1;
      continue;
    }
    if (indent.length > 0) spaced += 1;
    const step = Math.abs(indent.length - previous);
    if (step >= 2 && step <= 8) votes.set(step, (votes.get(step) ?? 0) + 1);
    previous = indent.length;
  }
  if (tabs > spaced) return { unit: '\t', size: 0 };
  const [best] = [...votes].sort((a, b) => b[1] - a[1]);
  return best && { unit: ' '.repeat(best[0]), size: best[0] };
}
