import { randomUUID } from 'node:crypto';
import { expect } from '@jest/globals';
import { problem } from '@tandem/protocol/http';
import { DataSource } from 'typeorm';
import { AccessTokens } from '../../src/core/access/access-tokens.js';
import { Changes } from '../../src/core/access/changes.js';
import { TestApp } from '../../src/testing/test-app.js';

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  /** With its byte order mark, if it begins with one. */
  readonly text: string;
  /** Of a JSON answer. */
  readonly body: unknown;
}

/** The whole server, asked over HTTP in the name of users that a spec has put into its database. */
export class RestApp {
  private readonly tokens = new Map<string, string>();

  private constructor(
    private readonly server: TestApp,
    readonly dataSource: DataSource,
    readonly changes: Changes,
  ) {}

  static async start(): Promise<RestApp> {
    const server = await TestApp.start();
    const get = { strict: false };
    return new RestApp(server, server.app.get(DataSource, get), server.app.get(Changes, get));
  }

  /** As `userId`, or as nobody. `body` is sent as JSON; a string is sent as it is, under the JSON type. */
  async request(
    userId: string | undefined,
    method: string,
    path: string,
    body?: unknown,
    headers: Record<string, string> = {},
  ): Promise<Answer> {
    const response = await fetch(`${this.server.url}/api/v1${path}`, {
      method,
      headers: {
        ...(userId === undefined ? {} : { authorization: `Bearer ${await this.token(userId)}` }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      body: typeof body === 'string' || body === undefined ? body : JSON.stringify(body),
    });
    const text = new TextDecoder('utf-8', { ignoreBOM: true }).decode(await response.arrayBuffer());
    const isJson = /\bjson\b/.test(response.headers.get('content-type') ?? '');
    return { status: response.status, headers: response.headers, text, body: isJson ? JSON.parse(text) : undefined };
  }

  stop(): Promise<void> {
    return this.server.stop();
  }

  /** That of a sign-in without its password, which takes a tenth of a second to check. */
  private async token(userId: string): Promise<string> {
    const known = this.tokens.get(userId);
    if (known !== undefined) return known;
    const sessionId = randomUUID();
    await this.dataSource.query('INSERT INTO sessions (id, user_id) VALUES ($1, $2)', [sessionId, userId]);
    const tokens = this.server.app.get(AccessTokens, { strict: false });
    const { token } = await tokens.issue({ userId, sessionId, displayName: 'Ada' });
    this.tokens.set(userId, token);
    return token;
  }
}

/** Status and code of a refusal; fails when it tells of the server's inside. */
export function refusal({ status, body, text }: Answer): [number, string] {
  expect(text).not.toMatch(/select|insert|node_modules|\.js:/i);
  return [status, problem.parse(body).code];
}
