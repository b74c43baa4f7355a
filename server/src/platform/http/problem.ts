import { HttpException } from '@nestjs/common';
import { ERRORS, type ErrorCode, TandemError } from '@tandem/protocol';
import type { Problem } from '@tandem/protocol/http';

/** RFC 9457 problem details of a refusal. `details.errors` (wrong fields) moves to the top. */
export function problemOf(error: TandemError): Problem {
  const { status, message: title } = ERRORS[error.code];
  const { errors, ...details } = error.details ?? {};
  return {
    // RFC 9457 4.2.1: nothing beyond what the status says; `code` is what programs read.
    type: 'about:blank',
    title,
    status,
    detail: error.message,
    code: error.code,
    retry: error.retry,
    ...(error.retryAfterMs === undefined ? {} : { retryAfterMs: Math.ceil(error.retryAfterMs) }),
    ...(errors === undefined ? {} : { errors: errors as Problem['errors'] }),
    ...(Object.keys(details).length === 0 ? {} : { details }),
  };
}

/** What the peer is told about anything that was thrown; undefined for a fault of the server itself. */
export function refusalOf(thrown: unknown): TandemError | undefined {
  if (thrown instanceof TandemError) return thrown;
  const status = statusOf(thrown);
  const code = status === undefined ? undefined : codeOf(status);
  // Never the message: that of a JSON syntax error quotes the body, passwords included.
  return code === undefined ? undefined : new TandemError(code);
}

/** Nest's exceptions, and those of Express's body parser, which carry a status but are none of Nest's. */
function statusOf(thrown: unknown): number | undefined {
  if (thrown instanceof HttpException) return thrown.getStatus();
  if (typeof thrown !== 'object' || thrown === null || !('status' in thrown)) return undefined;
  return typeof thrown.status === 'number' && 'expose' in thrown ? thrown.status : undefined;
}

function codeOf(status: number): ErrorCode | undefined {
  if (status === 401) return 'unauthorized';
  if (status === 403) return 'forbidden';
  if (status === 404) return 'not_found';
  if (status === 413) return 'too_large';
  if (status === 429) return 'rate_limited';
  if (status === 503) return 'store_unavailable';
  return status >= 400 && status < 500 ? 'bad_request' : undefined;
}
