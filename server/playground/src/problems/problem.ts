import type { AnalysisResultEvent } from '@tandem/protocol';
import type { ResolvedDiagnostic } from '@tandem/protocol/client';

export type Severity = ResolvedDiagnostic['severity'];

/** One finding in a document, as lists show it. */
export interface Problem {
  readonly documentId: string;
  readonly severity: Severity;
  /** The rule. */
  readonly code: string | undefined;
  readonly href: string | undefined;
  readonly source: string;
  readonly message: string;
  /** From 0, in UTF-16 units. */
  readonly line: number;
  readonly character: number;
  /** Where it is in the text of now; undefined for a document that is not open. */
  readonly range: { readonly from: number; readonly to: number } | undefined;
}

export const SEVERITIES = {
  1: { id: 'error', one: 'error', many: 'errors', icon: 'error' },
  2: { id: 'warning', one: 'warning', many: 'warnings', icon: 'alert' },
  3: { id: 'info', one: 'note', many: 'notes', icon: 'info' },
  4: { id: 'hint', one: 'hint', many: 'hints', icon: 'hint' },
} as const;

export const plural = (count: number, { one, many }: { one: string; many: string }): string =>
  `${count} ${count === 1 ? one : many}`;

/** As they were found, by the lines of the text at that time. */
export function problemsOf({ documentId, diagnostics }: AnalysisResultEvent): Problem[] {
  return diagnostics.map(({ severity, code, codeDescription, source, message, range }) => ({
    documentId,
    severity,
    code,
    href: codeDescription?.href,
    source,
    message,
    ...range.start,
    range: undefined,
  }));
}

/** As they are now, in a document that is open. */
export function resolvedProblems(documentId: string, list: readonly ResolvedDiagnostic[], text: string): Problem[] {
  const starts = [0];
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) starts.push(at + 1);
  return list.map(({ severity, code, href, source, message, from, to }) => {
    const line = lineOf(starts, from);
    const character = from - (starts[line] ?? 0);
    return { documentId, severity, code, href, source, message, line, character, range: { from, to } };
  });
}

function lineOf(starts: readonly number[], offset: number): number {
  let low = 0;
  let high = starts.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((starts[middle] ?? 0) <= offset) low = middle;
    else high = middle - 1;
  }
  return low;
}

export const byPlace = (a: Problem, b: Problem): number =>
  a.line - b.line || a.character - b.character || a.severity - b.severity;
