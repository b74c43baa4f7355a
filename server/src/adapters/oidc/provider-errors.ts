import { TandemError } from '@tandem/protocol';
import { AuthorizationResponseError, ClientError, ResponseBodyError } from 'openid-client';
import { retryLater } from '../../core/limits/retry-later.js';

const RETRY_AFTER_MS = 5_000;

/** What the openid-client threw, as a refusal; its cause is for the log, and tells no secret. */
export function providerRefusal(error: unknown): TandemError {
  if (error instanceof TandemError) return error;
  if (isOutage(error)) return because(retryLater('provider_unavailable', RETRY_AFTER_MS, Math.random()), error);
  return because(new TandemError('oauth_failed', undefined, { reason: reasonOf(error) }), error);
}

export function unavailable(cause: unknown): TandemError {
  return because(retryLater('provider_unavailable', RETRY_AFTER_MS, Math.random()), cause);
}

function because(refusal: TandemError, cause: unknown): TandemError {
  return Object.assign(refusal, { cause });
}

function isOutage(error: unknown): boolean {
  // What fetch rejects with when nobody answers; openid-client hands it on as it is.
  if (error instanceof TypeError) return error.message === 'fetch failed';
  if (error instanceof ResponseBodyError) return error.status >= 500;
  if (!(error instanceof ClientError)) return false;
  return error.code === 'OAUTH_TIMEOUT' || (error.cause instanceof Response && error.cause.status >= 500);
}

/** The error code of the provider (RFC 6749 4.1.2.1, 5.2), or that of the check that failed. */
function reasonOf(error: unknown): string {
  const said =
    error instanceof AuthorizationResponseError || error instanceof ResponseBodyError
      ? error.error
      : error instanceof ClientError
        ? error.code
        : undefined;
  return said !== undefined && /^[\w.-]{1,64}$/.test(said) ? said : 'invalid_answer';
}
