import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { problem, type Tokens, tokens } from '@tandem/protocol/http';
import { TestApp } from '../../testing/test-app.js';

const ORIGIN = 'https://ide.example.org';

let server: TestApp;
let ada: Tokens;
beforeAll(async () => {
  server = await TestApp.start({ allowedOrigins: [ORIGIN] });
  const body = { email: 'ada@example.org', password: 'correct horse battery staple', displayName: 'Ada' };
  ada = tokens.parse((await server.request('POST', '/api/v1/auth/register', { body })).json());
});
afterAll(() => server?.stop());

describe('errors', () => {
  test.each<[string, string, string, unknown, number, string]>([
    ['an unknown path', 'GET', '/nowhere', undefined, 404, 'not_found'],
    ['an unknown route', 'GET', '/api/v1/nowhere', undefined, 404, 'not_found'],
    ['another method', 'DELETE', '/api/v1/auth/login', undefined, 404, 'not_found'],
    ['broken JSON', 'POST', '/api/v1/auth/login', '{"email": nobody', 400, 'bad_request'],
    ['a body of 101 kB', 'POST', '/api/v1/auth/login', `"${'x'.repeat(101 * 1024)}"`, 413, 'too_large'],
    ['a path that does not decode', 'GET', '/api/v1/%E0%A4%A', undefined, 400, 'bad_request'],
    ['no body', 'POST', '/api/v1/auth/login', undefined, 400, 'bad_request'],
  ])('%s is answered with a problem document', async (_what, method, path, body, status, code) => {
    const answer = await server.request(method, path, { body });
    expect(answer.status).toBe(status);
    expect(answer.headers.get('content-type')).toMatch(/^application\/problem\+json/);
    expect(problem.parse(answer.json())).toMatchObject({ status, code });
    expect(answer.text).not.toMatch(/node_modules|Express|SyntaxError|nobody/);
  });

  test('a body that is not JSON is refused, whatever it says', async () => {
    const headers = { 'Content-Type': 'application/x-www-form-urlencoded' };
    const body = 'email=ada%40example.org&password=x';
    const answer = await server.request('POST', '/api/v1/auth/login', { body, headers });
    expect(answer.json()).toMatchObject({ code: 'bad_request' });
  });

  test('only who is signed in may send megabytes, and only where files are made', async () => {
    const body = JSON.stringify({ path: 'a.txt', text: 'x'.repeat(1_000_000) });
    const send = (path: string, token?: string) => server.request('POST', path, { body, token });
    const path = '/api/v1/projects/5ab15848-cbe0-4415-b040-0b20b8b7d3a4/documents';
    expect((await send(path)).status).toBe(413);
    expect((await send(path, 'a.b.c')).status).toBe(413);
    expect((await send(path, ada.accessToken)).status).not.toBe(413);
    expect((await send('/api/v1/auth/login', ada.accessToken)).status).toBe(413);
  });

  test('any text that a file may be created with fits, however its JSON is written', async () => {
    const token = ada.accessToken;
    const { id } = (await server.request('POST', '/api/v1/projects', { body: { name: 'Apollo' }, token })).json();
    const path = `/api/v1/projects/${id}/documents`;
    // As clients write it that escape all that is not ASCII: six bytes for each UTF-16 unit.
    const body = (units: number) => `{"path":"large.txt","text":"${'\\u6f22'.repeat(units)}"}`;
    const made = await server.request('POST', path, { body: body(4_000_000), token });
    expect([made.status, made.json()]).toMatchObject([201, { path: 'large.txt', seq: 1 }]);
    const text = await server.request('GET', `/api/v1/documents/${made.json<{ id: string }>().id}/text`, { token });
    expect(text.text === '漢'.repeat(4_000_000)).toBe(true);

    const tooLong = await server.request('POST', path, { body: body(4_000_001), token });
    expect([tooLong.status, tooLong.json()]).toMatchObject([413, { details: { limit: 4_000_000 } }]);
    // Elsewhere under a project such a body is not read.
    expect((await server.request('PATCH', `/api/v1/projects/${id}`, { body: body(1_000_000), token })).status).toBe(
      413,
    );
  });

  test('A19 an inflated body is counted by what comes out', async () => {
    const { gzipSync } = await import('node:zlib');
    const response = await fetch(`${server.url}/api/v1/auth/login`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', 'Content-Encoding': 'gzip' },
      body: gzipSync(`"${'x'.repeat(10_000_000)}"`),
    });
    expect(response.status).toBe(413);
  });
});

describe('headers', () => {
  test('nothing runs but what this server sent, nobody frames it, and it does not say what it is made of', async () => {
    for (const path of ['/', '/api/v1/nowhere', '/api/docs']) {
      const { headers } = await server.request('GET', path);
      const policy = headers.get('content-security-policy') ?? '';
      expect(policy).toContain("default-src 'none'");
      expect(policy).toMatch(/script-src 'self'(;|$)/);
      expect(policy).toContain("frame-ancestors 'none'");
      expect(policy).toContain("connect-src 'self' ws: wss:");
      expect(headers.get('x-content-type-options')).toBe('nosniff');
      expect(headers.get('x-powered-by')).toBeNull();
    }
  });

  test('A25 origins are let in by an exact list, without credentials', async () => {
    const preflight = (origin: string) =>
      server.request('OPTIONS', '/api/v1/users/me', {
        headers: { Origin: origin, 'Access-Control-Request-Method': 'GET' },
      });
    const allowed = (await preflight(ORIGIN)).headers;
    expect(allowed.get('access-control-allow-origin')).toBe(ORIGIN);
    expect(allowed.get('access-control-allow-headers')).toContain('Authorization');
    expect(allowed.get('access-control-allow-credentials')).toBeNull();
    // What the SDK sends to be answered 304, and reads from answers.
    expect(allowed.get('access-control-allow-headers')).toContain('If-None-Match');
    const answer = await server.request('GET', '/livez', { headers: { Origin: ORIGIN } });
    const exposed = answer.headers.get('access-control-expose-headers')?.split(',').sort();
    expect(exposed).toEqual(['ETag', 'Retry-After', 'Tandem-Seq', 'X-Request-Id']);
    for (const origin of ['https://evil.example', `${ORIGIN}.evil.example`, 'http://ide.example.org', 'null']) {
      expect((await preflight(origin)).headers.get('access-control-allow-origin')).toBeNull();
    }
  });

  test('HSTS is sent only by a server that people reach over TLS', async () => {
    const plain = await server.request('GET', '/livez');
    expect(plain.headers.get('strict-transport-security')).toBeNull();
    const behindTls = await TestApp.start({ publicUrl: 'https://tandem.example.org' });
    try {
      const { headers } = await behindTls.request('GET', '/livez');
      expect(headers.get('strict-transport-security')).toBe('max-age=15552000');
    } finally {
      await behindTls.stop();
    }
  });
});

describe('OpenAPI', () => {
  interface Operation {
    requestBody?: { content: Record<string, { schema: unknown }> };
    responses: Record<string, { description?: string; content?: Record<string, unknown> }>;
    security?: unknown;
  }
  const read = async () =>
    (await server.request('GET', '/api/openapi.json')).json<{
      openapi: string;
      paths: Record<string, Record<string, Operation>>;
      components: { securitySchemes: unknown; schemas: Record<string, unknown> };
    }>();

  test('lists every route that Express knows', async () => {
    const { paths } = await read();
    const listed = Object.entries(paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method.toUpperCase()} ${path.replace(/\{(\w+)\}/g, ':$1')}`),
    );
    const { router } = server.app.getHttpAdapter().getInstance() as {
      router: { stack: { route?: { path: string; methods: Record<string, boolean> } }[] };
    };
    const known = router.stack
      .flatMap(({ route }) => (route ? Object.keys(route.methods).map((m) => `${m.toUpperCase()} ${route.path}`) : []))
      .filter((route) => !/\*| \/api\/(docs|openapi)| \/?$/.test(route));
    expect(known).toContain('POST /api/v1/auth/login');
    expect(listed.sort()).toEqual(expect.arrayContaining(known));
  });

  test('shows bodies, answers and refusals from the schemas of the protocol', async () => {
    const { openapi, paths, components } = await read();
    expect(openapi).toBe('3.1.0');
    const login = paths['/api/v1/auth/login']?.post;
    expect(login?.requestBody?.content['application/json']?.schema).toMatchObject({
      type: 'object',
      required: ['email', 'password'],
      additionalProperties: false,
    });
    expect(login?.responses).toMatchObject({
      200: { content: { 'application/json': {} } },
      401: { content: { 'application/problem+json': {} } },
    });
    expect(paths['/api/v1/users/me']?.get?.security).toEqual([{ bearer: [] }]);
    expect(components.securitySchemes).toMatchObject({ bearer: { type: 'http', scheme: 'bearer' } });
  });

  test('A21 tells of the limit of an account at every route that needs a sign-in', async () => {
    const { paths } = await read();
    const operations = Object.values(paths).flatMap((methods) => Object.values(methods));
    const behind = operations.filter(
      ({ security, responses }) => security || /`unauthorized`/.test(responses[401]?.description ?? ''),
    );
    expect(behind.length).toBeGreaterThan(20);
    for (const { responses } of behind) {
      expect(responses[429]?.description).toContain('`rate_limited`');
      expect(responses[429]?.content).toHaveProperty('application/problem+json');
    }
    expect(paths['/livez']?.get?.responses).not.toHaveProperty('429');
  });

  test('every reference in it leads somewhere', async () => {
    const { components } = await read();
    const { text } = await server.request('GET', '/api/openapi.json');
    for (const [, name] of text.matchAll(/"#\/components\/schemas\/([^"]+)"/g)) {
      expect(Object.keys(components.schemas)).toContain(name);
    }
    expect(text).not.toContain('#/$defs');
  });

  test('its page works under the policy: every script is a file of this server', async () => {
    const { text } = await server.request('GET', '/api/docs');
    const scripts = [...text.matchAll(/<script([^>]*)>([\s\S]*?)<\/script>/g)];
    expect(scripts.length).toBeGreaterThan(0);
    for (const [, attributes, inline] of scripts) {
      expect(inline?.trim()).toBe('');
      const src = /src="([^"]+)"/.exec(attributes ?? '')?.[1] ?? '';
      const script = await server.request('GET', new URL(src, `${server.url}/api/docs`).pathname);
      expect(script.status).toBe(200);
      expect(script.headers.get('content-type')).toMatch(/javascript/);
    }
  });
});
