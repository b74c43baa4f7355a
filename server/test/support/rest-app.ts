import type { AddressInfo } from 'node:net';
import { Module } from '@nestjs/common';
import { APP_FILTER, APP_GUARD, NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { TandemError } from '@tandem/protocol';
import pino from 'pino';
import type { DataSource } from 'typeorm';
import { InProcessChanges } from '../../src/adapters/memory/in-process-changes.js';
import { PostgresDocumentsDirectory } from '../../src/adapters/postgres/documents-directory.js';
import { PostgresMembers } from '../../src/adapters/postgres/members.js';
import { PostgresMemberships } from '../../src/adapters/postgres/memberships.js';
import { PostgresProjects } from '../../src/adapters/postgres/projects.js';
import { AccessTokens, type TokenClaims } from '../../src/core/access/access-tokens.js';
import { Changes } from '../../src/core/access/changes.js';
import { Memberships } from '../../src/core/access/memberships.js';
import { DocumentContents } from '../../src/core/document/document-contents.js';
import { DocumentsDirectory } from '../../src/core/project/documents-directory.js';
import { Members } from '../../src/core/project/members.js';
import { Projects } from '../../src/core/project/projects.js';
import { DocumentsRestModule } from '../../src/features/documents/rest/documents-rest.module.js';
import { ProjectsModule } from '../../src/features/projects/projects.module.js';
import { AuthGuard } from '../../src/platform/http/auth.guard.js';
import { ProblemFilter } from '../../src/platform/http/problem.filter.js';
import { setUpHttp } from '../../src/platform/http/set-up-http.js';
import { loggingModule } from '../../src/platform/logging/logging.module.js';
import { MetricsModule } from '../../src/platform/metrics/metrics.module.js';
import { InProcessContents } from '../../src/testing/project-fixtures.js';

/** The user's id is the token: these specs are about what a known user may do. */
class IdsAsTokens extends AccessTokens {
  override async issue({ userId }: { userId: string }): Promise<{ token: string; expiresAt: number }> {
    return { token: userId, expiresAt: Number.MAX_SAFE_INTEGER };
  }

  override async verify(token: string): Promise<TokenClaims> {
    if (!/^[\da-f-]{36}$/.test(token)) throw new TandemError('invalid_token');
    return { userId: token, sessionId: token, displayName: 'Ada', expiresAt: Number.MAX_SAFE_INTEGER };
  }
}

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  readonly body: unknown;
}

export interface RestApp {
  readonly changes: Changes;
  /** `body` is sent as JSON; a string is sent as it is, under the JSON type. */
  request(
    user: string | undefined,
    method: string,
    path: string,
    body?: unknown,
    headers?: Record<string, string>,
  ): Promise<Answer>;
  close(): Promise<void>;
}

/** The REST of projects and documents as the server serves it, on the ports' PostgreSQL adapters. */
export async function startRestApp(dataSource: DataSource): Promise<RestApp> {
  const changes = new InProcessChanges();
  const ports = [
    { provide: AccessTokens, useValue: new IdsAsTokens() },
    { provide: Changes, useValue: changes },
    { provide: Memberships, useValue: new PostgresMemberships(dataSource) },
    { provide: Members, useValue: new PostgresMembers(dataSource) },
    { provide: Projects, useValue: new PostgresProjects(dataSource) },
    { provide: DocumentsDirectory, useValue: new PostgresDocumentsDirectory(dataSource) },
    { provide: DocumentContents, useValue: new InProcessContents(dataSource) },
  ];

  @Module({})
  class PortsModule {}

  @Module({
    imports: [
      { module: PortsModule, global: true, providers: ports, exports: ports.map(({ provide }) => provide) },
      loggingModule(pino({ level: 'silent' })),
      MetricsModule.create(),
      ProjectsModule,
      DocumentsRestModule,
    ],
    providers: [
      { provide: APP_GUARD, useClass: AuthGuard },
      { provide: APP_FILTER, useClass: ProblemFilter },
    ],
  })
  class RestModule {}

  const app = await NestFactory.create<NestExpressApplication>(RestModule, { bodyParser: false, logger: false });
  setUpHttp(app, { allowedOrigins: [], playground: '/nonexistent' });
  await app.listen(0, '127.0.0.1');
  const origin = `http://127.0.0.1:${(app.getHttpServer().address() as AddressInfo).port}`;

  return {
    changes,
    close: () => app.close(),
    request: async (user, method, path, body, headers = {}) => {
      const response = await fetch(`${origin}/api/v1${path}`, {
        method,
        headers: {
          ...(user === undefined ? {} : { authorization: `Bearer ${user}` }),
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
          ...headers,
        },
        body: typeof body === 'string' || body === undefined ? body : JSON.stringify(body),
      });
      const bytes = new Uint8Array(await response.arrayBuffer());
      const text = new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes);
      const isJson = response.headers.get('content-type')?.includes('json') ?? false;
      return { status: response.status, headers: response.headers, text, body: isJson ? JSON.parse(text) : undefined };
    },
  };
}
