import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { linkTokens, type Tokens, tokens } from '@tandem/protocol/http';
import { createRemoteJWKSet, jwtVerify } from 'jose';
import { Client } from 'pg';
import { type Change, Changes } from '../../core/access/changes.js';
import { SignInLinks } from '../../core/access/sign-in-links.js';
import { TestApp } from '../../testing/test-app.js';

const PASSWORD = 'correct horse battery staple';

let server: TestApp;
let database: Client;
let changes: Change[];
let people = 0;

beforeAll(async () => {
  server = await TestApp.start();
  database = new Client({ connectionString: server.databaseUrl });
  await database.connect();
  server.app.get(Changes).subscribe((change) => changes.push(change));
});
afterAll(async () => {
  await database?.end();
  await server?.stop();
});
beforeEach(() => {
  changes = [];
});

const post = (path: string, body: unknown) => server.request('POST', `/api/v1/auth/${path}`, { body });
const me = (token: string) => server.request('GET', '/api/v1/users/me', { token });

async function register(): Promise<Tokens & { email: string }> {
  people += 1;
  const email = `person${people}@example.org`;
  const answer = await post('register', { email, password: PASSWORD, displayName: `Person ${people}` });
  expect(answer.status).toBe(201);
  return { ...tokens.parse(answer.json()), email };
}

describe('accounts', () => {
  test('register signs in: the tokens open what is behind the guard', async () => {
    const answer = await post('register', { email: ' Ada@Example.org ', password: PASSWORD, displayName: ' Ada ' });
    expect(answer.status).toBe(201);
    expect(answer.headers.get('cache-control')).toBe('no-store');
    const { user, accessToken, expiresIn } = tokens.parse(answer.json());
    expect(user).toMatchObject({ email: 'ada@example.org', displayName: 'Ada' });
    expect(expiresIn).toBeGreaterThan(890);
    expect((await me(accessToken)).json()).toEqual(user);
  });

  test('an address registers once, also when it is tried at the same moment', async () => {
    const body = { email: 'twice@example.org', password: PASSWORD, displayName: 'Twice' };
    const answers = await Promise.all([
      post('register', body),
      post('register', { ...body, email: 'TWICE@example.org' }),
    ]);
    expect(answers.map(({ status }) => status).sort()).toEqual([201, 409]);
    expect(answers.find(({ status }) => status === 409)?.json()).toMatchObject({ code: 'email_taken' });
  });

  test('sign-in takes the address in any case, and the password in any Unicode form', async () => {
    const composed = 'un mot de passe très sûr';
    await post('register', { email: 'zoe@example.org', password: composed.normalize('NFD'), displayName: 'Zoé' });
    const answer = await post('login', { email: 'ZOE@example.org', password: composed.normalize('NFC') });
    expect(answer.status).toBe(200);
    expect(tokens.parse(answer.json()).user.displayName).toBe('Zoé');
  });

  test('A38 an unknown address and a wrong password get the same answer', async () => {
    const { email } = await register();
    const wrong = await post('login', { email, password: 'not the password' });
    const unknown = await post('login', { email: 'nobody@example.org', password: 'not the password' });
    expect(wrong.status).toBe(401);
    expect(wrong.json()).toMatchObject({ code: 'invalid_credentials' });
    expect(unknown.text).toBe(wrong.text);
    expect(unknown.status).toBe(wrong.status);
  });

  test('A37 guesses run into a growing delay, for one account and not for its neighbours', async () => {
    const [ada, bob] = [await register(), await register()];
    const guesses = await Promise.all(
      Array.from({ length: 20 }, (_, n) => post('login', { email: ada.email, password: `guess ${n}` })),
    );
    expect(guesses.filter(({ status }) => status === 401)).toHaveLength(10);
    const refused = guesses.find(({ status }) => status === 429);
    expect(refused?.json()).toMatchObject({ code: 'rate_limited', retry: 'later', retryAfterMs: expect.any(Number) });
    expect(refused?.headers.get('retry-after')).toBe('1');
    expect((await post('login', { email: bob.email, password: PASSWORD })).status).toBe(200);
  });

  test.each([
    ['A39 a short password', { password: 'short' }, 'password'],
    ['A39 a password of 257 characters', { password: 'x'.repeat(257) }, 'password'],
    ['A39 a NUL in a password', { password: `${PASSWORD}\0` }, 'password'],
    ['A39 a NUL in a name', { displayName: 'A\0' }, 'displayName'],
    ['A42 a field that nobody asked for', { isAdmin: true }, ''],
    ['A41 an operator object', { email: { $ne: null } }, 'email'],
    ['no address', { email: 'nobody' }, 'email'],
  ])('%s is refused with the field it is about', async (_what, change, path) => {
    const body = { email: 'refused@example.org', password: PASSWORD, displayName: 'Refused', ...change };
    const answer = await post('register', body);
    expect(answer.status).toBe(400);
    expect(answer.headers.get('content-type')).toMatch(/^application\/problem\+json/);
    expect(answer.json()).toMatchObject({ code: 'bad_request', status: 400, errors: [{ path }] });
  });
});

describe('refresh tokens', () => {
  const refresh = (refreshToken: string) => post('refresh', { refreshToken });
  const age = (seconds: number) =>
    database.query(`UPDATE refresh_tokens SET used_at = used_at - $1 * interval '1 second'`, [seconds]);

  test('A34 each is exchanged for a new pair', async () => {
    const first = await register();
    const second = tokens.parse((await refresh(first.refreshToken)).json());
    expect(second.refreshToken).not.toBe(first.refreshToken);
    expect(second.user).toEqual(first.user);
    expect((await me(second.accessToken)).status).toBe(200);
    expect((await refresh(second.refreshToken)).status).toBe(200);
    expect(changes).toEqual([]);
  });

  test('A34 submitted twice, at once or after a lost answer, it gives the same successor', async () => {
    const { refreshToken } = await register();
    const answers = await Promise.all(Array.from({ length: 5 }, () => refresh(refreshToken)));
    const successors = new Set(answers.map((answer) => tokens.parse(answer.json()).refreshToken));
    expect(successors.size).toBe(1);
    await age(9);
    expect(tokens.parse((await refresh(refreshToken)).json()).refreshToken).toBe([...successors][0]);
    expect(changes).toEqual([]);
  });

  test('A34 used again after the grace, it ends the session for thief and owner', async () => {
    const stolen = await register();
    const owner = tokens.parse((await refresh(stolen.refreshToken)).json());
    await age(11);
    const thief = await refresh(stolen.refreshToken);
    expect(thief.status).toBe(401);
    expect(thief.json()).toMatchObject({ code: 'invalid_token' });
    expect(changes).toEqual([{ type: 'session.revoked', sessionId: expect.any(String) }]);
    expect((await refresh(owner.refreshToken)).status).toBe(401);
    expect((await me(owner.accessToken)).json()).toMatchObject({ code: 'invalid_token' });
    expect(changes).toHaveLength(1);
    expect(server.log).toContain('A refresh token came twice');
    // Other sign-ins of the same person go on.
    expect((await post('login', { email: stolen.email, password: PASSWORD })).status).toBe(200);
  });

  test('an unknown or expired one is refused, and revokes nothing', async () => {
    expect((await refresh('made up')).json()).toMatchObject({ code: 'invalid_token' });
    const { refreshToken } = await register();
    await database.query(
      `UPDATE refresh_tokens SET expires_at = now() - interval '1 second' WHERE token_hash = sha256($1)`,
      [Buffer.from(refreshToken)],
    );
    expect((await refresh(refreshToken)).status).toBe(401);
    expect(changes).toEqual([]);
  });

  test('A31 it is no access token, and an access token refreshes nothing', async () => {
    const { accessToken, refreshToken } = await register();
    expect((await me(refreshToken)).json()).toMatchObject({ code: 'invalid_token' });
    expect((await refresh(accessToken)).status).toBeGreaterThanOrEqual(400);
  });

  test('only hashes of them are stored', async () => {
    const { refreshToken } = await register();
    const { rows } = await database.query<{ dump: string }>('SELECT t::text AS dump FROM refresh_tokens t');
    const dump = rows.map((row) => row.dump).join();
    expect(dump).not.toContain(refreshToken);
    expect(dump).not.toContain(Buffer.from(refreshToken).toString('hex'));
  });

  test('sign-out ends the session at once, says so to open sockets, and may be repeated', async () => {
    const { accessToken, refreshToken } = await register();
    expect((await post('logout', { refreshToken })).status).toBe(204);
    expect(changes).toEqual([{ type: 'session.revoked', sessionId: expect.any(String) }]);
    expect((await me(accessToken)).json()).toMatchObject({ code: 'invalid_token' });
    expect((await refresh(refreshToken)).status).toBe(401);
    expect((await post('logout', { refreshToken })).status).toBe(204);
    expect((await post('logout', { refreshToken: 'made up' })).status).toBe(204);
    expect(changes).toHaveLength(1);
  });
});

describe('links', () => {
  let projectId: string;
  let token: string;
  beforeEach(async () => {
    const { rows } = await database.query<{ id: string }>(
      `INSERT INTO projects (name, configuration, ai_context) VALUES ('p', '{}', '{}') RETURNING id`,
    );
    projectId = rows[0]?.id ?? '';
    token = await server.app.get(SignInLinks).create({ projectId, role: 'editor' });
  });
  const members = async () =>
    (await database.query('SELECT user_id, role FROM project_members WHERE project_id = $1', [projectId])).rows;

  test('each use signs in another guest, a member of the project under the role of the link', async () => {
    const named = linkTokens.parse((await post('link', { token, displayName: 'Grace' })).json());
    const unnamed = linkTokens.parse((await post('link', { token })).json());
    expect(named).toMatchObject({ projectId, user: { email: null, displayName: 'Grace' } });
    expect(unnamed.user.displayName).toMatch(/^[A-Z][a-z]+ [A-Z][a-z]+$/);
    expect(unnamed.user.id).not.toBe(named.user.id);
    expect((await me(named.accessToken)).json()).toEqual(named.user);
    expect(await members()).toEqual([
      { user_id: named.user.id, role: 'editor' },
      { user_id: unnamed.user.id, role: 'editor' },
    ]);
    const { id: userId, displayName } = named.user;
    expect(changes[0]).toEqual({ type: 'member.added', projectId, member: { userId, displayName, role: 'editor' } });
    const outbox = await database.query(`SELECT payload FROM event_outbox WHERE type = 'member.added'`);
    expect(outbox.rows).toContainEqual({ payload: expect.objectContaining({ projectId, by: userId }) });
  });

  test('unknown and expired ones are told the same, and make nobody', async () => {
    await database.query(`UPDATE sign_in_links SET expires_at = now() - interval '1 second' WHERE project_id = $1`, [
      projectId,
    ]);
    const expired = await post('link', { token });
    const unknown = await post('link', { token: 'made up' });
    expect(expired.status).toBe(401);
    expect(expired.json()).toMatchObject({ code: 'link_expired' });
    expect(unknown.text).toBe(expired.text);
    expect(await members()).toEqual([]);
    expect(changes).toEqual([]);
  });

  test('the last use is given once, whoever asks at the same moment', async () => {
    await database.query('UPDATE sign_in_links SET uses = 199 WHERE project_id = $1', [projectId]);
    const answers = await Promise.all(Array.from({ length: 4 }, () => post('link', { token })));
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 401, 401, 401]);
    expect(await members()).toHaveLength(1);
  });
});

describe('keys', () => {
  test('whoever reads the published keys can verify a token', async () => {
    const { accessToken, user } = await register();
    const url = new URL('/.well-known/jwks.json', server.url);
    const { payload, protectedHeader } = await jwtVerify(accessToken, createRemoteJWKSet(url), {
      algorithms: ['ES256'],
      issuer: 'tandem',
      audience: 'tandem',
      typ: 'at+jwt',
    });
    expect(payload).toMatchObject({ sub: user.id, name: user.displayName, sid: expect.any(String) });
    expect(protectedHeader.kid).toEqual(expect.any(String));
    const published = await server.request('GET', '/.well-known/jwks.json');
    expect(published.headers.get('cache-control')).toBe('public, max-age=300');
    expect(published.text).not.toContain('"d"');
  });
});

test('A50 passwords, tokens, hashes and the secret are never in the logs, down to trace', async () => {
  const canary = 'canary password of nobody else';
  const email = 'canary@example.org';
  await post('register', { email, password: canary, displayName: 'Canary' });
  const { accessToken, refreshToken } = tokens.parse((await post('login', { email, password: canary })).json());
  await post('register', { email, password: canary, displayName: 'Canary' });
  await post('login', `{"email":"${email}","password":"${canary}`);
  await post('login', { email, password: `${canary} wrong` });
  await server.request('GET', `/api/v1/users/me?token=${accessToken}`, { token: accessToken });
  await me(`${accessToken.slice(0, -3)}AAA`);
  const renewed = tokens.parse((await post('refresh', { refreshToken })).json());
  await post('logout', { refreshToken: renewed.refreshToken });
  // A failure inside, with the password hash among the parameters of the query that failed.
  await database.query('ALTER TABLE users RENAME TO users_away');
  const failed = await post('register', { email: 'other@example.org', password: canary, displayName: 'C' });
  await database.query('ALTER TABLE users_away RENAME TO users');
  expect(failed.status).toBe(500);
  expect(failed.json()).toMatchObject({ code: 'internal', detail: 'Something went wrong on the server' });
  expect(failed.text).not.toMatch(/users|relation|at /);

  const { log } = server;
  expect(log).toContain('relation \\"users\\" does not exist');
  const signature = accessToken.split('.')[2] ?? '';
  for (const secret of [canary, accessToken, signature, refreshToken, renewed.refreshToken, '$argon2', server.secret]) {
    expect(log).not.toContain(secret);
  }
});
