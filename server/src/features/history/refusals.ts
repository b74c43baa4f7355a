import { TandemError } from '@tandem/protocol';
import { StoredDataCorrupt } from '../../core/document/update-log.js';
import { WorkGivenUp } from '../../core/history/history-work.js';
import { retryLater } from '../../core/limits/retry-later.js';

const RETRY_AFTER_MS = 1_000;

/** For `catch`: what somebody who asked for history is told. Throws. */
export function refuse(error: unknown): never {
  if (error instanceof WorkGivenUp) throw retryLater('overloaded', RETRY_AFTER_MS, Math.random());
  if (error instanceof StoredDataCorrupt) {
    // Never a part of what was there (D2). It was read as it stood at one moment: asking again helps nobody.
    const message = 'What is stored of this moment is damaged';
    throw new TandemError('store_unavailable', message, undefined, undefined, 'never');
  }
  throw error;
}
