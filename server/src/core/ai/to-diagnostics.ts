import type { Diagnostic } from '@tandem/protocol';
import type { Finding } from './analyzer.js';
import type { TextSnapshot } from './replicas.js';
import { TextIds } from './text-ids.js';
import { TextLines } from './text-lines.js';

/** Findings in the form of the wire, anchored in the state that was looked at. */
export function toDiagnostics(
  source: string,
  findings: readonly Finding[],
  { text, ids }: Pick<TextSnapshot, 'text' | 'ids'>,
): Diagnostic[] {
  const lines = new TextLines(text);
  const positions = new TextIds(ids, text.length);
  return findings.map(({ start, end, severity, code, href, message, tags }) => ({
    range: { start: lines.position(start), end: lines.position(end) },
    severity,
    ...(code === undefined ? {} : { code }),
    ...(href === undefined ? {} : { codeDescription: { href } }),
    source,
    message,
    ...(tags === undefined || tags.length === 0 ? {} : { tags: [...tags] }),
    anchor: positions.anchors(start, end),
  }));
}
