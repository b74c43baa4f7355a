import { timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { hashSecretToken } from '../../core/access/secret-tokens.js';
import { bearerToken } from '../../platform/http/bearer-token.js';

const LOOPBACK = /^(?:::ffff:)?127\.|^::1$/;
/** A proxy on this machine speaks for somebody elsewhere. */
const FORWARDED = ['forwarded', 'x-forwarded-for', 'x-real-ip', 'via'];

/** Metrics are for who sits on this machine, or brings the token (A57). */
export function mayReadMetrics(request: IncomingMessage, token: string | undefined): boolean {
  const given = bearerToken(request.headers.authorization);
  if (token !== undefined && given !== undefined) {
    // Of hashes: equal in length, which the tokens need not be.
    return timingSafeEqual(hashSecretToken(given), hashSecretToken(token));
  }
  if (FORWARDED.some((header) => request.headers[header] !== undefined)) return false;
  return LOOPBACK.test(request.socket.remoteAddress ?? '');
}
