import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { browserSessionStore, type SessionStore, TandemApi, type TokenSession } from '../index.js';

interface Call {
  readonly method: string;
  readonly path: string;
  readonly authorization: string | undefined;
  readonly body: unknown;
}
type Reply = (call: Call) => { status: number; body?: unknown };

const USER = { id: '00000000-0000-4000-8000-000000000001', email: 'ann@example.com', displayName: 'Ann' };
let tokens = 0;
const issued = (expiresIn = 900) => {
  tokens += 1;
  return { accessToken: `access-${tokens}`, refreshToken: `refresh-${tokens}`, expiresIn, user: USER };
};

let server: Server;
let url: string;
let calls: Call[];
let reply: Reply;

beforeEach(async () => {
  calls = [];
  tokens = 0;
  reply = () => ({ status: 200, body: issued() });
  server = createServer(async (request: IncomingMessage, response: ServerResponse) => {
    const raw = await text(request);
    const { method = '', url: path = '', headers } = request;
    const call = { method, path, authorization: headers.authorization, body: raw ? JSON.parse(raw) : undefined };
    calls.push(call);
    const { status, body } = reply(call);
    const plain = typeof body === 'string';
    response.writeHead(status, { 'content-type': plain ? 'text/plain' : 'application/json' });
    response.end(plain ? body : JSON.stringify(body));
  }).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterEach(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

const signedIn = async (session?: SessionStore) => {
  const api = new TandemApi({ url: `${url}/`, session });
  await api.login({ email: 'ann@example.com', password: 'a long enough password' });
  return api;
};
const problem = (code: string, more: object = {}) => ({
  type: 'about:blank',
  title: code,
  detail: `It is ${code}`,
  code,
  retry: 'never',
  ...more,
});

it('ERR-6: signs in, keeps the session, and sends its token', async () => {
  const api = new TandemApi({ url });
  const heard: (TokenSession | undefined)[] = [];
  api.on('session', (session) => heard.push(session));
  await api.register({ email: 'ann@example.com', password: 'a long enough password', displayName: 'Ann' });
  expect(api.session).toMatchObject({ accessToken: 'access-1', refreshToken: 'refresh-1', user: USER });
  expect(heard).toEqual([api.session]);
  reply = () => ({ status: 200, body: { projects: [{ id: 'p' }] } });
  await expect(api.projects()).resolves.toEqual([{ id: 'p' }]);
  expect(calls.map(({ method, path, authorization }) => [method, path, authorization])).toEqual([
    ['POST', '/api/v1/auth/register', undefined],
    ['GET', '/api/v1/projects', 'Bearer access-1'],
  ]);
});

it('ERR-6: a refusal carries code, message, details and the time to wait', async () => {
  const api = await signedIn();
  const errors = [{ path: 'path', message: 'Too long' }];
  reply = () => ({ status: 429, body: problem('rate_limited', { retry: 'later', retryAfterMs: 800, errors }) });
  await expect(api.createDocument('p', { path: 'a.ts' })).rejects.toMatchObject({
    name: 'TandemError',
    code: 'rate_limited',
    message: 'It is rate_limited',
    retry: 'later',
    retryAfterMs: 800,
    details: { errors },
  });
});

it('ERR-6: a server that cannot be reached, or is not Tandem, is `unreachable`', async () => {
  const api = new TandemApi({ url: 'http://127.0.0.1:1' });
  await expect(api.login({ email: 'a@example.com', password: 'x' })).rejects.toMatchObject({ code: 'unreachable' });
  reply = () => ({ status: 502, body: '<html>Bad gateway</html>' });
  await expect(new TandemApi({ url }).login({ email: 'a@example.com', password: 'x' })).rejects.toMatchObject({
    code: 'unreachable',
    retry: 'later',
  });
});

it('ERR-6: concurrent callers share one renewal of a token that ends soon', async () => {
  reply = () => ({ status: 200, body: issued(59) });
  const api = await signedIn();
  reply = () => ({ status: 200, body: issued(900) });
  const all = await Promise.all([api.accessToken(), api.accessToken(), api.accessToken()]);
  expect(all).toEqual(['access-2', 'access-2', 'access-2']);
  expect(calls.filter(({ path }) => path.endsWith('/auth/refresh'))).toEqual([
    expect.objectContaining({ body: { refreshToken: 'refresh-1' } }),
  ]);
  await expect(api.accessToken()).resolves.toBe('access-2');
  await expect(api.accessToken({ fresh: true })).resolves.toBe('access-3');
});

it('ERR-6: a token that the server finds expired is renewed once', async () => {
  const api = await signedIn();
  reply = ({ path, authorization }) => {
    if (path.endsWith('/auth/refresh')) return { status: 200, body: issued() };
    const expired = authorization !== 'Bearer access-2';
    return expired ? { status: 401, body: problem('token_expired', { retry: 'now' }) } : { status: 200, body: USER };
  };
  await expect(api.me()).resolves.toEqual(USER);
  reply = ({ path }) =>
    path.endsWith('/auth/refresh')
      ? { status: 200, body: issued() }
      : { status: 401, body: problem('token_expired', { retry: 'now' }) };
  await expect(api.me()).rejects.toMatchObject({ code: 'token_expired' });
});

it('ERR-6: a session that the server no longer knows is dropped; a network failure keeps it', async () => {
  const api = await signedIn();
  reply = () => ({ status: 503, body: problem('store_unavailable', { retry: 'resync' }) });
  await expect(api.accessToken({ fresh: true })).rejects.toMatchObject({ code: 'store_unavailable' });
  expect(api.session).toBeDefined();
  reply = () => ({ status: 401, body: problem('invalid_token') });
  await expect(api.accessToken({ fresh: true })).rejects.toMatchObject({ code: 'invalid_token' });
  expect(api.session).toBeUndefined();
  await expect(api.me()).rejects.toMatchObject({ code: 'unauthorized' });
});

it('ERR-6: logs out here even when the server cannot be told', async () => {
  const api = await signedIn();
  reply = () => ({ status: 500, body: problem('internal', { retry: 'later' }) });
  await expect(api.logout()).rejects.toMatchObject({ code: 'internal' });
  expect(api.session).toBeUndefined();
});

/** As much of `localStorage` as a session needs. */
const storage = () => {
  const held = new Map<string, string>();
  return {
    getItem: (key: string) => held.get(key) ?? null,
    setItem: (key: string, value: string) => void held.set(key, value),
    removeItem: (key: string) => void held.delete(key),
  } as unknown as Storage;
};

it('ERR-6: a stored session outlives the page, and two pages use a refresh token once', async () => {
  const shared = storage();
  reply = () => ({ status: 200, body: issued(30) });
  await signedIn(browserSessionStore(shared));
  const pages = [0, 1].map(() => new TandemApi({ url, session: browserSessionStore(shared) }));
  expect(pages[0]!.session?.user).toEqual(USER);
  reply = () => ({ status: 200, body: issued(900) });
  await pages[0]!.accessToken();
  await expect(pages[1]!.accessToken()).resolves.toBe('access-2');
  expect(calls.filter(({ path }) => path.endsWith('/auth/refresh'))).toHaveLength(1);
  shared.setItem('tandem.session', '{not json');
  expect(browserSessionStore(shared).load()).toBeUndefined();
});

it('speaks every route', async () => {
  const api = await signedIn();
  reply = ({ method, path }) => {
    if (method === 'DELETE') return { status: 204 };
    const body = { members: [], documents: [], tree: [], models: ['m'], attributions: ['a'] };
    return { status: 200, body: path.endsWith('/text') ? 'const a = 1;' : body };
  };
  calls = [];
  await api.profile();
  await api.saveProfile({ ideSettings: {}, aiPreferences: {} });
  await api.project('p');
  await api.createProject({ name: 'n' });
  await api.updateProject('p', { name: 'm' });
  await api.deleteProject('p');
  await expect(api.members('p')).resolves.toEqual([]);
  await api.addMember('p', { email: 'bea@example.com', role: 'editor' });
  await api.changeMember('p', 'u', { role: 'viewer' });
  await api.removeMember('p', 'u');
  await api.documents('p');
  await api.createDocument('p', { path: 'a.ts', text: '' });
  await api.document('d');
  await api.moveDocument('d', { path: 'b.ts' });
  await expect(api.deleteDocument('d')).resolves.toBeUndefined();
  await expect(api.text('d')).resolves.toBe('const a = 1;');
  await expect(api.aiModels()).resolves.toEqual(['m']);
  await expect(api.attributions('d')).resolves.toEqual(['a']);
  expect(calls.map(({ method, path }) => `${method} ${path.replace('/api/v1', '')}`)).toEqual([
    'GET /users/me/profile',
    'PUT /users/me/profile',
    'GET /projects/p',
    'POST /projects',
    'PATCH /projects/p',
    'DELETE /projects/p',
    'GET /projects/p/members',
    'POST /projects/p/members',
    'PATCH /projects/p/members/u',
    'DELETE /projects/p/members/u',
    'GET /projects/p/documents',
    'POST /projects/p/documents',
    'GET /documents/d',
    'PATCH /documents/d',
    'DELETE /documents/d',
    'GET /documents/d/text',
    'GET /ai/models',
    'GET /documents/d/attributions',
  ]);
});
