import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type Tokens, tokens } from '@tandem/protocol/http';
import { TestApp } from '../../testing/test-app.js';

const LIMIT = 20;

let server: TestApp;
beforeAll(async () => {
  server = await TestApp.start({ capacity: { restRequestsPerMinute: LIMIT } });
});
afterAll(() => server?.stop());

let people = 0;
async function register(at = server): Promise<Tokens> {
  const body = { email: `person${++people}@example.org`, password: 'correct horse battery staple', displayName: 'Ada' };
  return tokens.parse((await at.request('POST', '/api/v1/auth/register', { body })).json());
}
const ask = ({ accessToken: token }: Tokens, path: string) => server.request('GET', `/api/v1${path}`, { token });
/** More than the limit, over two routes and one of them with a parameter. */
const flood = (person: Tokens) =>
  Promise.all(
    Array.from({ length: LIMIT + 5 }, (_, n) => ask(person, ['/users/me', '/projects', `/projects/${n}`][n % 3]!)),
  );

describe('A21 REST requests of one account', () => {
  test('are refused beyond so many in a minute, over all routes together, with the time to come back', async () => {
    const ada = await register();
    const refused = (await flood(ada)).filter(({ status }) => status === 429);
    expect(refused).toHaveLength(5);
    expect(refused[0]!.headers.get('content-type')).toMatch(/^application\/problem\+json/);
    expect(refused[0]!.json()).toMatchObject({
      code: 'rate_limited',
      retry: 'later',
      retryAfterMs: expect.any(Number),
    });
    const seconds = Number(refused[0]!.headers.get('retry-after'));
    expect(seconds).toBeGreaterThan(0);
    expect(seconds).toBeLessThanOrEqual(60);
    expect((await ask(ada, '/users/me/tokens')).status).toBe(429);
  });

  test('do not slow down another account at the same address, nor what is public', async () => {
    const [ada, bob] = [await register(), await register()];
    await flood(ada);
    expect((await ask(bob, '/users/me')).status).toBe(200);
    const open = ['/livez', '/readyz', '/metrics', '/', '/api/openapi.json', '/.well-known/jwks.json'];
    for (let n = 0; n < LIMIT + 5; n += 1) {
      const path = open[n % open.length]!;
      expect([path, (await server.request('GET', path, { token: ada.accessToken })).status]).toEqual([path, 200]);
    }
    // Nor does what is public count for anybody.
    expect((await ask(bob, '/users/me')).status).toBe(200);
    const refresh = { body: { refreshToken: ada.refreshToken } };
    expect((await server.request('POST', '/api/v1/auth/refresh', refresh)).status).toBe(200);
  });

  test('are those of all its sessions and personal tokens', async () => {
    const ada = await register();
    const body = { name: 'CI', scopes: ['read'] };
    const made = await server.request('POST', '/api/v1/users/me/tokens', { body, token: ada.accessToken });
    const { token } = made.json<{ token: string }>();
    await flood(ada);
    expect((await server.request('GET', '/api/v1/projects', { token })).status).toBe(429);
  });

  test('a token that is not valid is told so, however often: it is of no account', async () => {
    for (let n = 0; n < LIMIT + 5; n += 1) {
      expect((await server.request('GET', '/api/v1/users/me', { token: 'made up' })).status).toBe(401);
    }
  });

  test('0 is no limit', async () => {
    const free = await TestApp.start({ capacity: { restRequestsPerMinute: 0 } });
    try {
      const { accessToken: token } = await register(free);
      const answers = Array.from({ length: LIMIT + 5 }, () => free.request('GET', '/api/v1/users/me', { token }));
      expect(new Set((await Promise.all(answers)).map(({ status }) => status))).toEqual(new Set([200]));
    } finally {
      await free.stop();
    }
  });
});
