import { randomBytes } from 'node:crypto';
import type { AddressInfo } from 'node:net';
// Evaluated before the application is loaded: @nestjs/throttler is CommonJS, and jest lets it `require` ES modules only
// when they are ready (Node itself has no such limit).
import '@nestjs/common';
import '@nestjs/core';
import type { INestApplication } from '@nestjs/common';
import type { AppConfig, CapacityConfig, LimitsConfig } from '../config/app-config.js';
import { loadConfig } from '../config/load-config.js';
import { createTestDatabase } from './postgres.js';
import { type HttpAnswer, sendHttp } from './send-http.js';

export interface TestAnswer extends HttpAnswer {
  /** The JSON of the answer; fails when it is none. */
  json<T = Record<string, unknown>>(): T;
}

/** What differs from the defaults. */
export type TestSettings = Partial<Omit<AppConfig, 'limits' | 'capacity'>> & {
  readonly limits?: Partial<LimitsConfig>;
  readonly capacity?: Partial<CapacityConfig>;
};

interface TestRequest {
  readonly body?: unknown;
  readonly token?: string;
  readonly headers?: Record<string, string>;
}

/** The whole server over a database of its own, behind real HTTP on a free port of loopback. */
export class TestApp {
  private constructor(
    readonly app: INestApplication,
    readonly url: string,
    readonly databaseUrl: string,
    readonly secret: string,
    private readonly lines: string[],
    private readonly drop: () => Promise<void>,
  ) {}

  /** Over `settings.databaseUrl`, which must be migrated, or a database of its own. `secret`: of another node over it. */
  static async start(
    settings: TestSettings = {},
    secret: string = randomBytes(32).toString('base64url'),
  ): Promise<TestApp> {
    const { databaseUrl } = settings;
    const database = databaseUrl ? { url: databaseUrl, drop: async () => undefined } : await createTestDatabase();
    const lines: string[] = [];
    const { createApp } = await import('../app.module.js');
    const defaults = loadConfig({ LOG_LEVEL: 'trace', NODE_ENV: 'test' });
    const { app } = await createApp({
      config: {
        ...defaults,
        ...settings,
        limits: { ...defaults.limits, ...settings.limits },
        capacity: { ...defaults.capacity, ...settings.capacity },
      },
      databaseUrl: database.url,
      secret,
      logDestination: { write: (line) => lines.push(line) },
    });
    await app.listen(0, '127.0.0.1');
    const { port } = app.getHttpServer().address() as AddressInfo;
    return new TestApp(app, `http://127.0.0.1:${port}`, database.url, secret, lines, database.drop);
  }

  /** Everything that was logged so far, down to trace. */
  get log(): string {
    return this.lines.join('');
  }

  async request(method: string, path: string, { body, token, headers }: TestRequest = {}): Promise<TestAnswer> {
    const answer = await sendHttp(method, this.url + path, {
      headers: {
        ...(body === undefined ? {} : { 'Content-Type': 'application/json' }),
        ...(token === undefined ? {} : { Authorization: `Bearer ${token}` }),
        ...headers,
      },
      body: body === undefined || typeof body === 'string' ? (body as string | undefined) : JSON.stringify(body),
    });
    return { ...answer, json: <T>() => JSON.parse(answer.text) as T };
  }

  async stop(): Promise<void> {
    await this.app.close();
    await this.drop();
  }
}
