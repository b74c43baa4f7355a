import type { ErrorCode } from '../../errors.js';

/** The text of a `Y.Doc` that was frozen, as its user saw it (DOC-37, DOC-40). */
export interface KeptText {
  readonly id: string;
  readonly text: string;
  readonly reason: ErrorCode;
  /** Epoch milliseconds. */
  readonly at: number;
  /** Too long to be stored whole: this is its beginning, after a reload. */
  readonly truncated?: true;
}

/** Of one user on one server; the oldest make room. */
export const MAX_KEPT_TEXTS = 20;
/** UTF-16 units: at most 1 MiB of a browser's storage. */
export const MAX_KEPT_LENGTH = 512 * 1024;

/** As much of a text as is stored. */
export const storedForm = (kept: KeptText): KeptText => {
  if (kept.text.length <= MAX_KEPT_LENGTH) return kept;
  // Never half of a character.
  const text = kept.text.slice(0, MAX_KEPT_LENGTH).replace(/[\uD800-\uDBFF]$/, '');
  return { ...kept, text, truncated: true };
};
