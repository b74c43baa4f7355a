import type { ErrorCode } from '@tandem/protocol';

/** UTF-16 units of the text that a document may be created with; a longer one arrives by edits. */
export const MAX_INITIAL_TEXT = 4_000_000;

const HALF_CHARACTER = /\p{Cs}/u;

export interface TextRefusal {
  readonly code: ErrorCode;
  readonly reason: string;
  readonly details?: Record<string, unknown>;
}

/**
 * Whether a document can be made to read exactly `text`. Yjs writes strings as UTF-8, where half of a surrogate pair
 * would silently become U+FFFD; a file with NUL is a binary file. Every line ending is kept as it is.
 */
export function initialTextRefusal(text: string): TextRefusal | undefined {
  if (text.length > MAX_INITIAL_TEXT)
    return {
      code: 'too_large',
      reason: `The text is longer than ${MAX_INITIAL_TEXT} UTF-16 units`,
      details: { limit: MAX_INITIAL_TEXT },
    };
  if (text.includes('\0')) return { code: 'schema_violation', reason: 'The text has a NUL character' };
  if (HALF_CHARACTER.test(text)) return { code: 'schema_violation', reason: 'The text has half of a surrogate pair' };
  return undefined;
}
