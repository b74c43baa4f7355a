import { type ErrorCode, TandemError } from '@tandem/protocol';
import { messageOf } from '../ui/toasts.js';

type Words = Partial<Record<ErrorCode, string>>;

const READING: Words = {
  history_gone: 'This text is gone: history is kept for some days, and only named versions stay longer.',
  not_found: 'Somebody has deleted this meanwhile.',
  too_large: 'Too much has changed since for the server to show this text.',
};
const NAMING: Words = {
  history_gone: READING.history_gone,
  not_found: READING.not_found,
  too_large: 'This file has as many named versions as it can have. Delete one first.',
};
const RESTORING: Words = {
  history_gone: READING.history_gone,
  not_found: READING.not_found,
  too_large: 'This text is too large to be brought back as an edit.',
};

const wordsFor = (words: Words) => (error: unknown) =>
  (error instanceof TandemError && words[error.code]) || messageOf(error);

/** Why it did not work, for who tried it. */
export const whyNotRead = wordsFor(READING);
export const whyNotNamed = wordsFor(NAMING);
export const whyNotRestored = wordsFor(RESTORING);
