import type { ErrorCode } from '../errors.js';

export interface Refusal {
  readonly code: ErrorCode;
  readonly details?: Record<string, unknown>;
  readonly retryAfterMs?: number;
}
