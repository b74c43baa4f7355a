import { RequestMethod } from '@nestjs/common';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { TandemError } from '@tandem/protocol';
import type { Request, Response } from 'express';
import { Registry } from 'prom-client';
import { AccessTokens } from '../../core/access/access-tokens.js';
import { httpMetrics } from '../metrics/http-metrics.js';
import { jsonBodies } from '../security/body-parsing.js';
import { securityHeaders } from '../security/headers.js';
import { serveOpenApi } from './open-api.js';
import { sendProblem } from './send-problem.js';
import { servePlayground } from './serve-playground.js';

interface Options {
  /** Exact; none lets only the server's own pages call it. */
  readonly allowedOrigins: readonly string[];
  readonly publicUrl?: string;
  /** How many proxies, or which addresses, are believed about who is calling; 0 is none. */
  readonly trustProxy: number | readonly string[];
  /** Folder of the built page. */
  readonly playground: string;
}

/** Routes that are not under `/api/v1`. */
const AT_ROOT = ['', 'livez', 'readyz', 'metrics', '.well-known/jwks.json'];

/** What stands before the routes, in the order in which a request meets it. */
export function setUpHttp(
  app: NestExpressApplication,
  { allowedOrigins, publicUrl, trustProxy, playground }: Options,
): void {
  app.disable('x-powered-by');
  app.set('trust proxy', trustProxy);
  app.use(securityHeaders({ publicUrl }), httpMetrics(app.get(Registry)));
  app.enableCors({
    origin: [...allowedOrigins],
    methods: ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'],
    allowedHeaders: ['Authorization', 'Content-Type', 'If-None-Match'],
    exposedHeaders: ['ETag', 'Retry-After', 'Tandem-Seq', 'X-Request-Id'],
    credentials: false,
    maxAge: 600,
  });
  servePlayground(app, playground);
  app.use(jsonBodies(app.get(AccessTokens)));
  app.setGlobalPrefix('api/v1', { exclude: AT_ROOT.map((path) => ({ path, method: RequestMethod.GET })) });
  serveOpenApi(app);
}

/** What no route took, after `app.init()`: Nest answers only for unknown paths under its prefix. */
export function answerUnknownPaths(app: NestExpressApplication): void {
  app.use((_request: Request, response: Response) => sendProblem(response, new TandemError('not_found')));
}
