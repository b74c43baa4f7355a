import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { ERRORS, type ErrorCode, wireError } from '@tandem/protocol';
import { type CreatedToken, problem } from '@tandem/protocol/http';
import * as Y from 'yjs';
import type { TestAnswer } from '../../src/testing/test-app.js';
import { refusedWith } from '../support/plain-client.js';
import { PlainEditor } from '../support/plain-editor.js';
import { type Person, type Shared, SyncWorld } from '../support/sync-world.js';

let world: SyncWorld;
let ada: Person;
let vera: Person;
/** Has a second factor. */
let guarded: Person;
let shared: Shared;
/** Of Ada, for reading only. */
let reading: string;

beforeAll(async () => {
  world = await SyncWorld.start();
  [ada, vera, guarded] = await Promise.all([world.person('Ada'), world.person('Vera'), world.person('Grace')]);
  await world.sql.query(`INSERT INTO totp_factors (user_id, secret, confirmed_at) VALUES ($1, '', now())`, [
    guarded.user.id,
  ]);
  shared = await world.share(ada, [[vera, 'viewer']], { text: 'stored' });
  const token = { name: 'Reader', scopes: ['read'] };
  reading = ((await world.rest(ada, 'POST', '/users/me/tokens', token)) as CreatedToken).token;
  await world.sql.query("UPDATE sessions SET created_at = now() - interval '1 hour' WHERE user_id = $1", [
    vera.user.id,
  ]);
});
afterEach(() => world?.hangUp());
afterAll(() => world?.stop());

/** What belongs to nobody outside: stacks, SQL, paths, the driver, tokens and passwords. */
const INSIDE =
  /:\d+:\d+|select |insert |constraint|relation|node_modules|\/server\/|\.[jt]s\b|postgres|typeorm|eyJ|battery staple/i;

interface Ask {
  readonly method?: string;
  readonly path: string | (() => string);
  readonly body?: unknown | (() => unknown);
  readonly as?: (() => string) | undefined;
  readonly headers?: Record<string, string>;
}

function ask({ method = 'GET', path, body, as = () => ada.accessToken, headers }: Ask): Promise<TestAnswer> {
  return world.server.request(method, `/api/v1${typeof path === 'string' ? path : path()}`, {
    body: typeof body === 'function' ? body() : body,
    token: as() || undefined,
    ...(headers ? { headers } : {}),
  });
}

const nobody = () => '';
const project = (rest = '') => `/projects/${shared.projectId}${rest}`;
const register = (change: object) => ({
  email: 'new@example.org',
  password: 'correct horse battery staple',
  displayName: 'New',
  ...change,
});

const REFUSALS: readonly [code: ErrorCode, what: string, ask: Ask][] = [
  ['bad_request', 'a body without its fields', { method: 'POST', path: '/projects', body: {} }],
  ['bad_request', 'a body that is no JSON', { method: 'POST', path: '/projects', body: '{"name": "secret' }],
  ['not_found', 'an id that is none', { path: '/documents/%27%3B%20DROP%20TABLE' }],
  ['unauthorized', 'no token', { path: '/users/me', as: nobody }],
  ['invalid_token', 'a token of somebody else’s making', { path: '/users/me', as: () => 'eyJhbGciOiJub25lIn0.e30.' }],
  [
    'invalid_credentials',
    'a wrong password',
    { method: 'POST', path: '/auth/login', as: nobody, body: () => ({ email: ada.email, password: 'x'.repeat(20) }) },
  ],
  [
    'second_factor_required',
    'a password without the code that goes with it',
    {
      method: 'POST',
      path: '/auth/login',
      as: nobody,
      body: () => ({ email: guarded.email, password: 'correct horse battery staple' }),
    },
  ],
  [
    'factor_exists',
    'a second app beside the first',
    { method: 'POST', path: '/users/me/factors/totp', as: () => guarded.accessToken, body: {} },
  ],
  [
    'oauth_failed',
    'a sign-in that nobody began',
    { path: '/auth/oidc/oidc/callback?state=unknown&code=x', as: nobody },
  ],
  [
    'oauth_failed',
    'a code that nobody was given',
    {
      method: 'POST',
      path: '/auth/oidc/token',
      as: nobody,
      body: { code: 'x'.repeat(43), browserKey: 'y'.repeat(43) },
    },
  ],
  ['link_expired', 'an unknown link', { method: 'POST', path: '/auth/link', as: nobody, body: { token: 'x' } }],
  [
    'email_taken',
    'an address that is registered',
    { method: 'POST', path: '/auth/register', as: nobody, body: () => register({ email: ada.email.toUpperCase() }) },
  ],
  [
    'weak_password',
    'a password that is guessed first',
    { method: 'POST', path: '/auth/register', as: nobody, body: () => register({ password: 'passwordpassword' }) },
  ],
  [
    'fresh_sign_in_required',
    'a new password without the old one',
    { method: 'PUT', path: '/users/me/password', body: { password: 'nine slow turtles cross the road' } },
  ],
  [
    'mail_unavailable',
    'a mail that this server cannot send',
    { method: 'POST', path: '/auth/password-reset', as: nobody, body: { email: 'ada@example.org' } },
  ],
  ['link_expired', 'an unknown token of a mail', { method: 'POST', path: '/auth/verify-email', body: { token: 'x' } }],
  [
    'forbidden',
    'a file that a viewer makes',
    { method: 'POST', path: () => project('/documents'), as: () => vera.accessToken, body: { path: 'a.ts' } },
  ],
  [
    'insufficient_scope',
    'a project that is made with a token for reading',
    { method: 'POST', path: '/projects', as: () => reading, body: { name: 'No' } },
  ],
  [
    'fresh_sign_in_required',
    'a token that is made long after the sign-in',
    { method: 'POST', path: '/users/me/tokens', as: () => vera.accessToken, body: { name: 'No', scopes: ['read'] } },
  ],
  ['not_found', 'a session that is not there', { method: 'DELETE', path: () => `/users/me/sessions/${randomUUID()}` }],
  ['not_found', 'a document that is not there', { path: () => `/documents/${randomUUID()}` }],
  ['not_found', 'a route that is not there', { path: '/no/such/route' }],
  ['bad_path', 'a path upwards', { method: 'POST', path: () => project('/documents'), body: { path: '../etc' } }],
  [
    'too_large',
    'a text over its limit',
    { method: 'POST', path: () => project('/documents'), body: { path: 'b.ts', text: 'x'.repeat(4_000_001) } },
  ],
  [
    'already_member',
    'somebody who is in it',
    { method: 'POST', path: () => project('/members'), body: () => ({ email: vera.email, role: 'editor' }) },
  ],
  [
    'outdated',
    'rules that somebody changed meanwhile',
    { method: 'PUT', path: () => project('/path-rules'), body: { rules: [], version: 7 } },
  ],
  [
    'last_owner',
    'the last owner who leaves',
    { method: 'DELETE', path: () => project(`/members/${ada.user.id}`), body: undefined },
  ],
];

describe('refusals over REST', () => {
  it.each(REFUSALS)('ERR-4 ERR-5: %s for %s is a problem document with the same code', async (code, _what, request) => {
    const answer = await ask(request);
    expect(answer.headers.get('content-type')).toMatch(/^application\/problem\+json/);
    const { status, message } = ERRORS[code];
    expect(answer.status).toBe(status);
    const body = problem.strict().parse(answer.json());
    expect(body).toMatchObject({ code, status, title: message, retry: ERRORS[code].retry });
    expect(answer.text).not.toMatch(INSIDE);
  });

  it('ERR-4: a path that is taken names the same code as the table', async () => {
    const body = { path: 'twice.ts' };
    expect((await ask({ method: 'POST', path: () => project('/documents'), body })).status).toBe(201);
    const again = await ask({ method: 'POST', path: () => project('/documents'), body: { path: 'TWICE.ts' } });
    expect([again.status, problem.parse(again.json()).code]).toEqual([409, 'path_taken']);
  });

  it('ERR-4: which fields are wrong is told by name, what was sent in them is not', async () => {
    const body = register({ email: 'not an address', password: 'short secret' });
    const answer = await ask({ method: 'POST', path: '/auth/register', as: nobody, body });
    const paths = problem.parse(answer.json()).errors?.map(({ path }) => path);
    expect(paths?.sort()).toEqual(['email', 'password']);
    expect(answer.text).not.toMatch(/not an address|short secret/);
  });

  it('ERR-4: not allowed is the same over REST and over the socket', async () => {
    const { documentId } = shared;
    const stranger = await world.person('Mallory');
    const client = await world.connect(stranger);
    const socket = await refusedWith(client.ask('document:open', { documentId }));
    const rest = problem.parse(
      (await ask({ path: `/documents/${documentId}`, as: () => stranger.accessToken })).json(),
    );
    expect([rest.code, rest.retry, rest.detail]).toEqual([socket.code, socket.retry, socket.message]);
  });
});

describe('refusals over the socket', () => {
  it('ERR-1: a gap tells what the server has, with which the client can mend it', async () => {
    const { documentId } = await world.share(ada);
    const editor = await PlainEditor.open(await world.connect(ada), documentId);
    await editor.type('one ');
    const lost = editor.prepare((text) => text.insert(4, 'two '));
    expect(lost.length).toBeGreaterThan(0);
    const update = editor.prepare((text) => text.insert(8, 'three'));
    const refusal = await refusedWith(editor.client.ask('document:update', { documentId, update }));
    expect(wireError.strict().parse(refusal)).toMatchObject({ code: 'gap_resync', retry: 'resync' });
    expect(Object.keys(refusal.details!).sort()).toEqual(['seq', 'stateVector']);
    const stateVector = new Uint8Array(refusal.details!.stateVector as Uint8Array);
    expect(Y.decodeStateVector(stateVector).get(editor.doc.clientID)).toBe(4);
    expect(refusal.details!.seq).toBe(1);
  });

  it('ERR-1: another life of the document tells its epoch', async () => {
    const { documentId } = shared;
    const client = await world.connect(ada);
    const refusal = await refusedWith(client.ask('document:open', { documentId, epoch: 9, seq: 1 }));
    expect(wireError.strict().parse(refusal)).toMatchObject({
      code: 'epoch_mismatch',
      message: ERRORS.epoch_mismatch.message,
      retry: 'never',
      details: { epoch: 1 },
    });
  });

  it('ERR-1 ERR-5: every refusal has the words and the retry of the table, and nothing of the inside', async () => {
    const { documentId, projectId } = await world.share(ada, [[vera, 'viewer']], { text: 'stored' });
    const viewer = await PlainEditor.open(await world.connect(vera), documentId);
    const owner = await world.connect(ada);
    const doc = new Y.Doc();
    doc.getText('content').insert(0, 'x');
    const edit = Y.encodeStateAsUpdate(doc);
    doc.getMap('other').set('a', 1);
    const foreign = Y.encodeStateAsUpdate(doc);
    await owner.ask('document:open', { documentId });
    const update = (bytes: Uint8Array, more = {}) => ({ documentId, update: bytes, ...more });
    const asked: readonly [ErrorCode, Promise<object>][] = [
      ['unknown_message', refusedWith(owner.askRaw('no:such', {}))],
      ['bad_request', refusedWith(owner.askRaw('document:open', { documentId: "'; --" }))],
      ['not_found', refusedWith(owner.ask('document:open', { documentId: projectId }))],
      ['not_open', refusedWith(owner.ask('document:update', { documentId: projectId, update: edit }))],
      ['forbidden', refusedWith(viewer.client.ask('document:update', update(edit)))],
      ['malformed_update', refusedWith(owner.ask('document:update', update(new Uint8Array([1, 2, 3]))))],
      ['unsupported_encoding', refusedWith(owner.ask('document:update', update(Y.encodeStateAsUpdateV2(doc))))],
      ['schema_violation', refusedWith(owner.ask('document:update', update(foreign)))],
      ['invalid_token', refusedWith(owner.ask('session:renew', { token: vera.accessToken }))],
    ];
    const refusals = await Promise.all(asked.map(async ([code, refusal]) => [code, await refusal] as const));
    for (const [code, refusal] of refusals) {
      const error = wireError.strict().parse(refusal);
      expect([code, error.code, error.retry]).toEqual([code, code, ERRORS[code].retry]);
      expect(error.message.length).toBeGreaterThan(0);
      expect(JSON.stringify(error)).not.toMatch(INSIDE);
    }
    expect(owner.isConnected).toBe(true);
  });
});
