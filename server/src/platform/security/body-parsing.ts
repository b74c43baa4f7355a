import { json, type NextFunction, type Request, type Response } from 'express';
import type { AccessTokens } from '../../core/access/access-tokens.js';
import { bearerToken } from '../http/bearer-token.js';

const SMALL = '100kb';
/** A file that is created with its text. */
const LARGE = '5mb';
const LARGE_UNDER = /^\/api\/v1\/projects(?:\/|$)/;

/**
 * JSON bodies: 100 kB, or 5 MB for projects and their files, and that only for who brings a valid token; nobody else can
 * make the server parse megabytes. Inflated bodies are counted by what comes out (A19).
 */
export function jsonBodies(tokens: AccessTokens) {
  const small = json({ limit: SMALL });
  const large = json({ limit: LARGE });
  return async (request: Request, response: Response, next: NextFunction): Promise<void> => {
    const token = LARGE_UNDER.test(request.path) ? bearerToken(request.headers.authorization) : undefined;
    const known = token !== undefined && (await tokens.verify(token).then(Boolean, () => false));
    (known ? large : small)(request, response, next);
  };
}
