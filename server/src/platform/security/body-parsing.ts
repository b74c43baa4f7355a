import { json, type NextFunction, type Request, type Response } from 'express';
import type { AccessTokens } from '../../core/access/access-tokens.js';
import { MAX_INITIAL_TEXT } from '../../core/project/initial-text.js';
import { bearerToken } from '../http/bearer-token.js';

const KILOBYTE = 1024;
const SMALL = 100 * KILOBYTE;
/** A project with long lists of paths for its AI context. */
const PROJECT = 5 * KILOBYTE * KILOBYTE;
const PROJECTS = /^\/api\/v1\/projects(?:\/|$)/i;
/**
 * A new file with its text. JSON takes up to six bytes for a UTF-16 unit (`\u6f22`, as Python writes it by default), so
 * that any text within `MAX_INITIAL_TEXT` fits, and a longer one that is written plainly is refused with that number.
 * Measured: 24 MB of escapes are parsed in 35 ms, 12 MB of the same characters written out in 7 ms.
 */
const FILE = 6 * MAX_INITIAL_TEXT + SMALL;
const FILES = /^\/api\/v1\/projects\/[^/]+\/documents\/?$/i;

/**
 * JSON bodies: 100 kB; more for projects, and most for a new file, and that only for who brings a valid token: nobody
 * else can make the server parse megabytes. Inflated bodies are counted by what comes out (A19).
 */
export function jsonBodies(tokens: AccessTokens) {
  const small = json({ limit: SMALL });
  const project = json({ limit: PROJECT });
  const file = json({ limit: FILE });
  return async (request: Request, response: Response, next: NextFunction): Promise<void> => {
    const token = PROJECTS.test(request.path) ? bearerToken(request.headers.authorization) : undefined;
    const isKnown = token !== undefined && (await tokens.verify(token).then(Boolean, () => false));
    const isFile = request.method === 'POST' && FILES.test(request.path);
    (isKnown ? (isFile ? file : project) : small)(request, response, next);
  };
}
