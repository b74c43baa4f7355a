import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { browserSessionStore, newBrowserKey, type SessionStore, TandemApi, type TokenSession } from '../index.js';

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

it('ERR-6: a registration that goes on by mail signs nobody in, and its link does', async () => {
  const api = new TandemApi({ url });
  const body = { email: 'ann@example.com', password: 'a long enough password' };
  reply = () => ({ status: 202, body: { status: 'mail_sent' } });
  await expect(api.register({ ...body, displayName: 'Ann' })).resolves.toBeUndefined();
  expect(api.session).toBeUndefined();
  reply = () => ({ status: 201, body: issued() });
  await api.confirmRegistration({ token: 't', password: body.password });
  expect(api.session).toMatchObject({ user: USER });
  expect(calls.at(-1)).toMatchObject({ path: '/api/v1/auth/register/confirm', authorization: undefined });
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

it('ERR-6: a token whose key was withdrawn is renewed once, and a session that has ended is dropped', async () => {
  const api = await signedIn();
  reply = ({ path, authorization }) => {
    if (path.endsWith('/auth/refresh')) return { status: 200, body: issued() };
    const isOld = authorization !== 'Bearer access-2';
    return isOld ? { status: 401, body: problem('invalid_token') } : { status: 200, body: USER };
  };
  await expect(api.me()).resolves.toEqual(USER);
  reply = () => ({ status: 401, body: problem('invalid_token') });
  await expect(api.me()).rejects.toMatchObject({ code: 'invalid_token' });
  expect(api.session).toBeUndefined();
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
    const body = {
      members: [],
      documents: [],
      tree: [],
      models: ['m'],
      attributions: ['a'],
      versions: ['v'],
      sessions: ['s'],
      tokens: ['t'],
      providers: ['o'],
      identities: ['i'],
      recoveryCodes: ['r'],
      url: 'https://id.example/authorize',
    };
    return { status: 200, body: /\/text(\?|$)/.test(path) ? 'const a = 1;' : body };
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
  await api.history.changes('d');
  await api.history.changes('d', { before: 9, limit: 3 });
  await expect(api.history.text('d', { at: 7 })).resolves.toBe('const a = 1;');
  await expect(api.history.versions('d')).resolves.toEqual(['v']);
  await api.history.addVersion('d', { name: 'first', seq: 3 });
  await expect(api.history.versionText('d', 'v')).resolves.toBe('const a = 1;');
  await api.history.renameVersion('d', 'v', 'second');
  await expect(api.history.deleteVersion('d', 'v')).resolves.toBeUndefined();
  await api.history.restore('d', { seq: 2 });
  await api.history.reset('d', { empty: true });
  await expect(api.sessions.list()).resolves.toEqual(['s']);
  await api.pathRules.get('p');
  await api.pathRules.set('p', { rules: [{ path: 'docs/', access: 'read' }], version: 0 });
  await api.sessions.end('s');
  await api.sessions.endAll();
  await api.sessions.endAll({ exceptCurrent: true });
  await expect(api.sessions.tokens()).resolves.toEqual(['t']);
  await api.sessions.createToken({ name: 'CI', scopes: ['read'] });
  await api.sessions.revokeToken('t');
  await api.account.get();
  await api.account.rename('Bea');
  await api.account.changeEmail({ email: 'bea@example.com' });
  await expect(api.account.sendVerification()).resolves.toBeUndefined();
  await api.account.changePassword({ password: 'a long enough password' });
  await api.account.verifyEmail('t');
  await expect(api.account.requestPasswordReset('bea@example.com')).resolves.toBeUndefined();
  await api.account.resetPassword('t', 'a long enough password');
  await expect(api.account.export()).resolves.toContain('members');
  await api.account.deletion();
  await api.account.delete();
  await api.factors.get();
  await api.factors.startTotp();
  await expect(api.factors.confirmTotp('123456')).resolves.toEqual(['r']);
  await api.factors.endTotp('123456');
  await expect(api.factors.renewRecoveryCodes('123456')).resolves.toEqual(['r']);
  const browserKey = newBrowserKey();
  await expect(api.identities.providers()).resolves.toEqual(['o']);
  await expect(api.identities.start('o', { browserKey })).resolves.toBe('https://id.example/authorize');
  await expect(api.identities.list()).resolves.toEqual(['i']);
  await expect(api.identities.startLink('o', { browserKey })).resolves.toBe('https://id.example/authorize');
  await api.identities.finishLink({ code: 'c', browserKey });
  await api.identities.unlink('i');
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
    'GET /documents/d/history',
    'GET /documents/d/history?before=9&limit=3',
    'GET /documents/d/text?at=7',
    'GET /documents/d/versions',
    'POST /documents/d/versions',
    'GET /documents/d/versions/v/text',
    'PATCH /documents/d/versions/v',
    'DELETE /documents/d/versions/v',
    'POST /documents/d/restore',
    'POST /documents/d/reset',
    'GET /users/me/sessions',
    'GET /projects/p/path-rules',
    'PUT /projects/p/path-rules',
    'DELETE /users/me/sessions/s',
    'DELETE /users/me/sessions',
    'DELETE /users/me/sessions?except=current',
    'GET /users/me/tokens',
    'POST /users/me/tokens',
    'DELETE /users/me/tokens/t',
    'GET /users/me/account',
    'PATCH /users/me',
    'POST /users/me/email',
    'POST /users/me/email/verification',
    'PUT /users/me/password',
    'POST /auth/verify-email',
    'POST /auth/password-reset',
    'POST /auth/password-reset/confirm',
    'GET /users/me/export',
    'GET /users/me/deletion',
    'POST /users/me/deletion',
    'GET /users/me/factors',
    'POST /users/me/factors/totp',
    'POST /users/me/factors/totp/confirm',
    'DELETE /users/me/factors/totp',
    'POST /users/me/factors/recovery-codes',
    'GET /auth/providers',
    'POST /auth/oidc/o/start',
    'GET /users/me/identities',
    'POST /users/me/identities/o/start',
    'POST /users/me/identities',
    'DELETE /users/me/identities/i',
  ]);
});

it('ERR-6: signs in with the code that a provider sent the browser back with, and keeps the session', async () => {
  const api = new TandemApi({ url });
  const browserKey = newBrowserKey();
  expect(browserKey).toMatch(/^[\w-]{43}$/);
  expect(newBrowserKey()).not.toBe(browserKey);
  reply = () => ({ status: 200, body: { ...issued(), isNew: true, next: '/#/p/1' } });
  await expect(api.identities.finish({ code: 'code', browserKey })).resolves.toMatchObject({
    isNew: true,
    next: '/#/p/1',
  });
  expect(calls).toEqual([
    expect.objectContaining({
      path: '/api/v1/auth/oidc/token',
      authorization: undefined,
      body: { code: 'code', browserKey },
    }),
  ]);
  expect(api.session).toMatchObject({ accessToken: 'access-1', user: USER });
});

it('ERR-6: asks with tokens of another issuer, and for a fresh one where the server finds the last one expired', async () => {
  const asked: boolean[] = [];
  const token = async ({ fresh }: { fresh: boolean }) => {
    asked.push(fresh);
    return `foreign-${asked.length}`;
  };
  const api = new TandemApi({ url, token });
  reply = ({ authorization }) =>
    authorization === 'Bearer foreign-1'
      ? { status: 401, body: problem('token_expired', { retry: 'now' }) }
      : { status: 200, body: USER };
  await expect(api.me()).resolves.toEqual(USER);
  expect(asked).toEqual([false, true]);
});
