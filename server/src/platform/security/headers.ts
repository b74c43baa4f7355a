import type { NextFunction, Request, Response } from 'express';
import helmet from 'helmet';

type Handler = (request: Request, response: Response, next: NextFunction) => void;

/** The playground runs only what this server sent; styles in attributes are CodeMirror's. */
const PAGE_POLICY = {
  'default-src': ["'none'"],
  'script-src': ["'self'"],
  'style-src': ["'self'", "'unsafe-inline'"],
  'font-src': ["'self'"],
  'img-src': ["'self'", 'data:'],
  'connect-src': ["'self'", 'ws:', 'wss:'],
  'worker-src': ["'self'"],
  'manifest-src': ["'self'"],
  'base-uri': ["'none'"],
  'form-action': ["'none'"],
  'frame-ancestors': ["'none'"],
};

/** Security headers of every answer. HSTS only where people reach the server over TLS. */
export function securityHeaders({ publicUrl }: { publicUrl?: string }): Handler {
  return helmet({
    contentSecurityPolicy: { useDefaults: false, directives: PAGE_POLICY },
    strictTransportSecurity: publicUrl?.startsWith('https:')
      ? { maxAge: 180 * 86_400, includeSubDomains: false }
      : false,
    referrerPolicy: { policy: 'no-referrer' },
    xFrameOptions: { action: 'deny' },
  }) as Handler;
}
