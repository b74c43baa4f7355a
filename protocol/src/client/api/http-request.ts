import { ERRORS, type ErrorCode, TandemError } from '../../errors.js';
import type { Problem } from '../../http/problem.js';

export interface HttpRequest {
  readonly method: string;
  /** Below `/api/v1`. */
  readonly path: string;
  readonly body?: unknown;
  readonly token?: string;
}

const isProblem = (value: unknown): value is Problem =>
  typeof value === 'object' && value !== null && 'code' in value && String(value.code) in ERRORS;

const refusal = async (response: Response): Promise<TandemError> => {
  const body: unknown = await response.json().catch(() => undefined);
  if (isProblem(body)) {
    const details = body.errors ? { ...body.details, errors: body.errors } : body.details;
    return new TandemError(body.code, body.detail, details, body.retryAfterMs, body.retry);
  }
  // Not from Tandem: a proxy in between, or a wrong address.
  const code: ErrorCode = response.status >= 500 ? 'unreachable' : response.status === 404 ? 'not_found' : 'internal';
  return new TandemError(code, `HTTP ${response.status}`);
};

/** Sends one request. Rejects with `TandemError`: what the server refused, or `unreachable`. */
export const sendHttp = async (fetcher: typeof fetch, base: string, request: HttpRequest): Promise<Response> => {
  const headers: Record<string, string> = { accept: 'application/json, application/problem+json, text/plain' };
  if (request.token) headers.authorization = `Bearer ${request.token}`;
  if (request.body !== undefined) headers['content-type'] = 'application/json';
  const response = await fetcher(`${base}/api/v1${request.path}`, {
    method: request.method,
    headers,
    ...(request.body !== undefined && { body: JSON.stringify(request.body) }),
  }).catch((cause: unknown) => {
    throw Object.assign(new TandemError('unreachable'), { cause });
  });
  if (!response.ok) throw await refusal(response);
  return response;
};
