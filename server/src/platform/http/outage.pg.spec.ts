import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { problem, project, type Tokens, tokens } from '@tandem/protocol/http';
import { eventually } from '../../testing/eventually.js';
import { type PrivatePostgres, startPrivatePostgres } from '../../testing/postgres.js';
import { TestApp } from '../../testing/test-app.js';

const ADA = { email: 'ada@example.org', password: 'correct horse battery staple' };

let postgres: PrivatePostgres;
let server: TestApp;
let ada: Tokens;
beforeAll(async () => {
  postgres = await startPrivatePostgres();
  server = await TestApp.start({ databaseUrl: postgres.url });
  const body = { ...ADA, displayName: 'Ada' };
  ada = tokens.parse((await server.request('POST', '/api/v1/auth/register', { body })).json());
}, 60_000);
afterAll(async () => {
  await server?.stop();
  await postgres?.stop();
});

test('while the database is away REST says so and when to come back, and afterwards all is there', async () => {
  const ask = (method: string, path: string, body?: unknown) =>
    server.request(method, `/api/v1${path}`, { body, token: ada.accessToken });
  const { id } = project.parse((await ask('POST', '/projects', { name: 'Apollo' })).json());
  const file = (await ask('POST', `/projects/${id}/documents`, { path: 'a.txt', text: 'a' })).json<{ id: string }>();

  await postgres.kill9();
  const answers = await Promise.all([
    ask('GET', '/projects'),
    ask('POST', '/projects', { name: 'Gemini' }),
    ask('PATCH', `/projects/${id}`, { name: 'Gemini' }),
    ask('GET', `/projects/${id}/members`),
    ask('GET', `/projects/${id}/documents`),
    ask('POST', `/projects/${id}/documents`, { path: 'b.txt', text: 'b' }),
    ask('GET', `/documents/${file.id}/text`),
    ask('GET', '/users/me/profile'),
    server.request('POST', '/api/v1/auth/login', { body: ADA }),
    server.request('POST', '/api/v1/auth/refresh', { body: { refreshToken: ada.refreshToken } }),
    server.request('GET', '/readyz'),
  ]);
  for (const answer of answers) {
    expect(problem.parse(answer.json())).toMatchObject({ status: 503, code: 'store_unavailable', retry: 'later' });
    expect(answer.headers.get('content-type')).toMatch(/^application\/problem\+json/);
    expect(answer.headers.get('retry-after')).toBe('1');
  }

  await eventually('the server is ready again', async () => (await server.request('GET', '/readyz')).status === 200);
  expect((await ask('GET', '/projects')).json()).toMatchObject({ projects: [{ id, name: 'Apollo' }] });
  expect((await ask('GET', `/documents/${file.id}/text`)).text).toBe('a');
  expect((await ask('POST', `/projects/${id}/documents`, { path: 'b.txt', text: 'b' })).status).toBe(201);
});
