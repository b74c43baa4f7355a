import type { Finding } from '../../core/ai/analyzer.js';

/** In UTF-16 units. Linters take seconds for more, and nobody edits such a text by hand. */
export const MAX_TEXT_LENGTH = 1024 * 1024;
/** Of one source in one document; the first ones in the text are kept. */
export const MAX_FINDINGS = 500;

export const TOO_LARGE: Finding = {
  start: 0,
  end: 0,
  severity: 3,
  message: 'This file is too large to be analysed (more than 1 MB).',
};

/** Those that count, within the text, in its order, and not too many. */
export function finish(
  findings: readonly Finding[],
  length: number,
  isOn: (code: string | undefined) => boolean,
): Finding[] {
  return findings
    .filter(({ code }) => isOn(code))
    .map((finding) => {
      const start = Math.min(Math.max(finding.start, 0), length);
      return { ...finding, start, end: Math.min(Math.max(finding.end, start), length) };
    })
    .sort((a, b) => a.start - b.start || a.end - b.end)
    .slice(0, MAX_FINDINGS);
}
