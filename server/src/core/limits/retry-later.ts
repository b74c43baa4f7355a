import { type ErrorCode, TandemError } from '@tandem/protocol';

/**
 * A refusal to be tried again, some time from `leastMs` to three times that: those who were refused together must not come
 * back together. `random` is from 0 to below 1.
 */
export function retryLater(code: ErrorCode, leastMs: number, random: number, message?: string): TandemError {
  return new TandemError(code, message, undefined, Math.round(leastMs * (1 + 2 * random)), 'later');
}
