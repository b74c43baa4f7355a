import type { TandemError } from '@tandem/protocol';
import type { Response } from 'express';
import { problemOf } from './problem.js';

/** Answers with the problem document of a refusal, and the headers that belong to it. */
export function sendProblem(response: Response, refusal: TandemError): void {
  if (response.headersSent) {
    // Half an answer is out: only a broken connection tells the client that it is not whole.
    response.destroy();
    return;
  }
  const problem = problemOf(refusal);
  if (problem.status === 401) response.setHeader('WWW-Authenticate', challenge(refusal));
  if (problem.retryAfterMs !== undefined) {
    response.setHeader('Retry-After', Math.max(1, Math.ceil(problem.retryAfterMs / 1000)));
  }
  response.status(problem.status).setHeader('Cache-Control', 'no-store');
  response.type('application/problem+json').send(JSON.stringify(problem));
}

/** RFC 6750 3: an error attribute only when a token came. */
function challenge({ code }: TandemError): string {
  return code === 'invalid_token' || code === 'token_expired' ? 'Bearer error="invalid_token"' : 'Bearer';
}
