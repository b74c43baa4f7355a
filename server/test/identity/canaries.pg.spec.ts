import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createdToken, type NewGuestLink, type NewInvitation, recoveryCodes, startedTotp } from '@tandem/protocol/http';
import { PinoLogger } from 'nestjs-pino';
import { Secret, TOTP } from 'otpauth';
import { Client } from 'pg';
import { eventually } from '../../src/testing/eventually.js';
import type { TestAnswer, TestSettings } from '../../src/testing/test-app.js';
import { AUDIENCE, CLIENT, IdentityProvider } from '../support/identity-provider.js';
import { accepted, PlainClient } from '../support/plain-client.js';
import { SignInPage } from '../support/sign-in-page.js';
import { AccountWorld, OTHER_PASSWORD, PASSWORD, type Person } from './support/account-world.js';
import { Canaries, everyTable } from './support/canaries.js';
import { tokenOf } from './support/mailbox.js';

const canaries = new Canaries();
const METRICS_TOKEN = canaries.plant('the metrics token', randomBytes(24).toString('base64url'));
const SMTP_PASSWORD = canaries.plant(
  'the password of the mail server',
  `pass word & ${randomBytes(12).toString('hex')}`,
);
const WRONG_CLIENT_SECRET = canaries.plant('a wrong OIDC client secret', randomBytes(24).toString('base64url'));

let company: IdentityProvider;
let world: AccountWorld;
let sql: Client;
let ada: Person;
const clients: PlainClient[] = [];

beforeAll(async () => {
  company = await IdentityProvider.start();
  const { issuer } = company;
  const provider = {
    ...CLIENT,
    id: 'oidc',
    name: 'Company',
    issuer,
    scopes: 'openid profile email',
    trustEmail: false,
  };
  const settings: TestSettings = {
    logLevel: 'trace',
    metricsToken: METRICS_TOKEN,
    // Nobody does the work: the jobs stay where they can be read.
    ai: { worker: 'none', analysis: 'request' },
    signIn: {
      providers: [provider, { ...provider, id: 'broken', name: 'Broken', clientSecret: WRONG_CLIENT_SECRET }],
      signUp: true,
      signUpDomains: [],
    },
    externalTokens: { issuer, audience: [AUDIENCE], algorithms: ['RS256'], rolesClaim: 'roles' },
  };
  world = await AccountWorld.start(settings, SMTP_PASSWORD);
  const back = (id: string) => `https://tandem.example.org/api/v1/auth/oidc/${id}/callback`;
  await company.allow(back('oidc'), back('broken'));
  company.tell('grace', { name: 'Grace Hopper', email: 'grace@example.org', email_verified: true });
  sql = new Client({ connectionString: world.server.databaseUrl });
  await sql.connect();
  canaries.plant('TANDEM_SECRET', world.server.secret);
  canaries.plant('the OIDC client secret', CLIENT.clientSecret);
  canaries.plant('a password', PASSWORD);
  canaries.plant('another password', OTHER_PASSWORD);
});
afterAll(async () => {
  for (const client of clients) client.disconnect();
  await sql?.end();
  await world?.stop();
  await company?.stop();
});

const statusOf = ({ status }: TestAnswer) => status;

/** A secret where it does not belong: each is refused, and that is logged. */
async function misuse(secret: string): Promise<void> {
  const { server } = world;
  const ask: AccountWorld['ask'] = (...request) => world.ask(...request);
  const query = `?token=${encodeURIComponent(secret)}`;
  const refusals = await Promise.all([
    ask('GET', '/users/me', undefined, secret),
    ask('GET', `/users/me${query}`, undefined, `${secret}x`),
    server.request('GET', `/metrics${query}`, { headers: { authorization: `Bearer ${secret}`, via: 'a proxy' } }),
    server.request('GET', `/nothing/here${query}`, { headers: { cookie: secret, 'x-api-key': secret } }),
    ...BODIES.map(([path, body]) => ask('POST', path, body(secret))),
    ...BODIES.map(([path, body]) => ask('POST', path, JSON.stringify(body(secret)).slice(0, -2))),
    ...BODIES.map(([path, body]) => ask('POST', path, { ...body(secret), isAdmin: secret })),
  ]);
  for (const { status } of refusals) expect(status).toBeGreaterThanOrEqual(400);
  const client = dial(secret);
  expect(['invalid_token', 'bad_request']).toContain((await client.refused()).code);
}
const BODIES: readonly (readonly [string, (secret: string) => object])[] = [
  ['/auth/login', (password) => ({ email: world.newAddress(), password })],
  ['/auth/login', (code) => ({ email: world.newAddress(), password: 'some other password', code })],
  ['/auth/refresh', (refreshToken) => ({ refreshToken })],
  ['/auth/link', (token) => ({ token })],
  ['/auth/register/confirm', (token) => ({ token, password: PASSWORD })],
  ['/auth/verify-email', (token) => ({ token })],
  ['/auth/password-reset/confirm', (token) => ({ token, password: OTHER_PASSWORD })],
  ['/auth/oidc/token', (code) => ({ code, browserKey: code })],
  ['/invitations/look', (token) => ({ token })],
];

function dial(token: string): PlainClient {
  const client = new PlainClient(world.server.url, { token, protocol: 1 });
  clients.push(client);
  return client;
}

/** What `work` is answered while a table is away: a failure inside, with the row or its key among the parameters. */
async function without(table: string, work: () => Promise<TestAnswer>): Promise<void> {
  await sql.query(`ALTER TABLE ${table} RENAME TO away`);
  try {
    expect([table, statusOf(await work())]).toEqual([table, 500]);
  } finally {
    await sql.query(`ALTER TABLE away RENAME TO ${table}`);
  }
}

describe('A50 secrets on their ways, right and wrong:', () => {
  it('links in mails, of a registration, an address and a password, and the password of the mail server', async () => {
    world.mailbox.refuseLogin = true;
    await world.register(world.newAddress());
    await eventually('the refusal is logged', () => world.server.log.includes('The mail server took no mail'));
    world.mailbox.refuseLogin = false;

    const email = world.newAddress();
    await world.register(email);
    const register = canaries.plant('a registration', tokenOf(await world.mailbox.next(email), 'register'));
    const confirm = () => world.ask('POST', '/auth/register/confirm', { token: register, password: PASSWORD });
    await without('one_time_tokens', confirm);
    expect([statusOf(await confirm()), statusOf(await confirm())]).toEqual([201, 401]);
    ada = await world.signIn(email);
    await misuse(register);

    const next = world.newAddress();
    const change = { email: next, currentPassword: PASSWORD };
    expect(statusOf(await world.ask('POST', '/users/me/email', change, ada.accessToken))).toBe(202);
    const verify = canaries.plant('a new address', tokenOf(await world.mailbox.next(next), 'verify'));
    const verified = () => world.ask('POST', '/auth/verify-email', { token: verify });
    await without('one_time_tokens', verified);
    expect([statusOf(await verified()), statusOf(await verified())]).toEqual([200, 401]);
    await misuse(verify);

    await world.ask('POST', '/auth/password-reset', { email: next });
    const reset = canaries.plant('a password reset', tokenOf(await world.mailbox.next(next), 'reset'));
    const choose = () => world.ask('POST', '/auth/password-reset/confirm', { token: reset, password: OTHER_PASSWORD });
    await without('one_time_tokens', choose);
    expect([statusOf(await choose()), statusOf(await choose())]).toEqual([204, 401]);
    await misuse(reset);
    ada = await world.signIn(next, OTHER_PASSWORD);
  });

  it('access and refresh tokens', async () => {
    const { accessToken, refreshToken } = await world.signIn(ada.email, OTHER_PASSWORD);
    canaries.plant('an access token', accessToken);
    canaries.plant('the signature of an access token', accessToken.split('.')[2]!);
    canaries.plant('a refresh token', refreshToken);
    await without('sign_in_attempts', () => world.login(ada.email, OTHER_PASSWORD));
    await without('refresh_tokens', () => world.ask('POST', '/auth/refresh', { refreshToken }));
    const renewed = (await world.ask('POST', '/auth/refresh', { refreshToken })).json<Person>();
    canaries.plant('a renewed refresh token', renewed.refreshToken);
    await dial(renewed.accessToken).greeted();
    expect(statusOf(await world.ask('POST', '/auth/logout', { refreshToken: renewed.refreshToken }))).toBe(204);
    // Its session has ended: from here on every use is wrong.
    for (const secret of [accessToken, refreshToken, renewed.refreshToken]) await misuse(secret);
  });

  it('a personal access token, also at a socket, and for a model', async () => {
    const body = { name: 'CI', scopes: ['read', 'write', 'ai'] };
    const made = await world.ask('POST', '/users/me/tokens', body, ada.accessToken);
    const { token, id } = createdToken.parse(made.json());
    canaries.plant('a personal access token', token);
    await without('personal_tokens', () => world.ask('GET', '/users/me', undefined, token));
    const project = (await world.ask('POST', '/projects', { name: 'Apollo' }, token)).json<{ id: string }>();
    const file = { path: 'a.ts', text: 'const total = 1;' };
    const document = (await world.ask('POST', `/projects/${project.id}/documents`, file, token)).json<{ id: string }>();
    const client = dial(token);
    await client.greeted();
    expect(await client.ask('document:open', { documentId: token })).toMatchObject({ ok: false });
    await accepted(client.ask('project:open', { projectId: project.id }));
    await accepted(client.ask('analysis:start', { documentId: document.id }));
    expect(statusOf(await world.ask('POST', '/users/me/deletion', {}, token))).toBe(403);
    expect(statusOf(await world.ask('DELETE', `/users/me/tokens/${id}`, undefined, ada.accessToken))).toBe(204);
    await misuse(token);
  });

  it('the second factor', async () => {
    const bob = await world.person();
    const started = await world.ask('POST', '/users/me/factors/totp', {}, bob.accessToken);
    const { secret } = startedTotp.parse(started.json());
    canaries.plant('a TOTP secret', secret);
    canaries.plant('a TOTP secret in hex', Buffer.from(Secret.fromBase32(secret).bytes).toString('hex'));
    const code = new TOTP({ secret: Secret.fromBase32(secret) }).generate();
    const confirm = () => world.ask('POST', '/users/me/factors/totp/confirm', { code }, bob.accessToken);
    await without('totp_factors', confirm);
    const codes = recoveryCodes.parse((await confirm()).json()).recoveryCodes;
    for (const [index, one] of codes.entries()) canaries.plant(`recovery code ${index}`, one);
    const signIn = (one: string) =>
      world.ask('POST', '/auth/login', { email: bob.email, password: PASSWORD, code: one });
    await without('recovery_codes', () => signIn(codes[0]!));
    expect([statusOf(await signIn(codes[0]!)), statusOf(await signIn(codes[0]!))]).toEqual([200, 401]);
    await misuse(secret);
    await misuse(codes[0]!);
    await misuse(codes[1]!);
  });

  it('an invitation and a link for guests', async () => {
    const { id } = (await world.ask('POST', '/projects', { name: 'Compiler' }, ada.accessToken)).json<{ id: string }>();
    const guest = await world.person();
    const invitation = { email: guest.email, role: 'editor' };
    const invited = await world.ask('POST', `/projects/${id}/invitations`, invitation, ada.accessToken);
    expect(statusOf(invited)).toBe(201);
    const { url } = invited.json<NewInvitation>();
    const mailed = url
      ? new URL(url).hash.replace(/^#\w+=/, '')
      : tokenOf(await world.mailbox.next(guest.email), 'invite');
    const token = canaries.plant('an invitation', mailed);
    const accept = () => world.ask('POST', '/invitations/accept', { token }, guest.accessToken);
    await without('project_links', accept);
    expect(statusOf(await world.ask('POST', '/invitations/look', { token }))).toBe(200);
    expect([statusOf(await accept()), statusOf(await accept())]).toEqual([200, 401]);
    await misuse(token);

    await world.ask('PATCH', `/projects/${id}`, { configuration: { guests: true } }, ada.accessToken);
    const link = { name: 'Workshop', role: 'editor', expiresIn: 3600 };
    const opened = await world.ask('POST', `/projects/${id}/guest-links`, link, ada.accessToken);
    const made = opened.json<NewGuestLink>();
    const open = canaries.plant('a link for guests', new URL(made.url).hash.replace(/^#\w+=/, ''));
    const enter = () => world.ask('POST', '/auth/link', { token: open, displayName: 'Somebody' });
    await without('project_links', enter);
    expect(statusOf(await enter())).toBe(200);
    await world.ask('DELETE', `/projects/${id}/guest-links/${made.id}`, undefined, ada.accessToken);
    expect(statusOf(await enter())).toBe(401);
    await misuse(open);
  });

  it('sign-in with a provider: state, nonce, codes, the key of the browser, the secret of the client', async () => {
    const page = new SignInPage(world.server, company.issuer);
    const url = new URL(await page.start());
    const back = await page.visit(url.href, 'grace');
    canaries.plant('the key of a browser', page.browserKey);
    for (const name of ['state', 'nonce']) canaries.plant(`an OIDC ${name}`, url.searchParams.get(name)!);
    canaries.plant('a code of the provider', new URL(back).searchParams.get('code')!);
    await without('oidc_flows', () => page.callback(back, 'application/json'));
    const code = canaries.plant('a code for the page', await page.codeOf(page.callback(back)));
    await page.callback(back);
    await without('oidc_flows', () => page.exchange(code));
    expect(statusOf(await page.exchange(code))).toBe(200);
    expect(statusOf(await page.exchange(code))).toBe(400);
    for (const secret of [code, page.browserKey, new URL(back).searchParams.get('state')!]) await misuse(secret);

    const broken = new SignInPage(world.server, company.issuer, 'broken');
    const refused = await broken.callback(await broken.visit(await broken.start(), 'grace'), 'application/json');
    expect(statusOf(refused)).toBeGreaterThanOrEqual(400);
    await misuse(CLIENT.clientSecret);
    await misuse(WRONG_CLIENT_SECRET);
  });

  it('an access token of another issuer', async () => {
    const { accessToken, idToken } = await company.tokens('grace');
    canaries.plant('an external access token', accessToken);
    canaries.plant('the signature of an external access token', accessToken.split('.')[2]!);
    canaries.plant('an external ID token', idToken);
    expect(statusOf(await world.ask('GET', '/users/me', undefined, accessToken))).toBe(200);
    await dial(accessToken).greeted();
    await without('identities', () => world.ask('GET', '/users/me', undefined, accessToken));
    await misuse(`${accessToken.slice(0, -8)}AAAAAAAA`);
    await misuse(idToken);
  });

  it('what the operator has set', async () => {
    const authorization = `Bearer ${METRICS_TOKEN}`;
    expect(statusOf(await world.server.request('GET', '/metrics', { headers: { authorization } }))).toBe(200);
    await misuse(world.server.secret);
    await misuse(SMTP_PASSWORD);
  });
});

/** All that others may read of what the server did, and all that it has stored. */
async function everywhere(): Promise<Record<string, string>> {
  const headers = { authorization: `Bearer ${METRICS_TOKEN}` };
  const { text: metrics } = await world.server.request('GET', '/metrics', { headers });
  const { text: audit } = await world.ask('GET', '/users/me/audit', undefined, ada.accessToken);
  return { 'the log': world.server.log, 'the metrics': metrics, 'the audit log': audit, ...(await everyTable(sql)) };
}

describe('A50 none of them', () => {
  it('is in the log, the metrics, the audit log or any table, of events and jobs among them', async () => {
    expect(canaries.secrets.size).toBeGreaterThan(30);
    const places = await everywhere();
    expect(canaries.foundIn(places)).toEqual([]);
    // There was something to look at.
    const seen = ['"level":20', 'relation', 'took no mail'].map((text) => world.server.log.includes(text));
    expect(seen).toEqual([true, true, true]);
    expect(places['the metrics']?.includes('tandem_')).toBe(true);
    expect(places['the audit log']?.includes('token.created')).toBe(true);
    for (const table of ['event_outbox', 'changes', 'ai_requests', 'audit_events', 'users', 'sign_in_attempts']) {
      expect([table, (places[`public.${table}`] ?? '') !== '']).toEqual([table, true]);
    }
    const jobs = Object.entries(places).filter(([table]) => table.startsWith('bullmq.'));
    expect(jobs.some(([, rows]) => rows.includes('requestId'))).toBe(true);
  });

  it('would stay unnoticed: each that is logged is found, and one in a table too', async () => {
    const log = await world.server.app.resolve(PinoLogger, undefined, { strict: false });
    for (const [name, secret] of canaries.secrets) log.debug({ path: `/${secret}` }, name);
    const all = [...canaries.secrets.keys()].map((name) => `${name} in the log`);
    expect(canaries.foundIn({ 'the log': world.server.log })).toEqual(all);

    const secret = canaries.plant('one on purpose', randomBytes(24).toString('base64url'));
    const payload = JSON.stringify({ url: `https://tandem.example.org/#reset=${secret}` });
    await sql.query(`INSERT INTO event_outbox (type, payload) VALUES ('on.purpose', $1)`, [payload]);
    await sql.query(`INSERT INTO audit_events (action, actor_id, target) VALUES ('session.revoked', $1, $2)`, [
      ada.user.id,
      Buffer.from(secret).toString('hex'),
    ]);
    await sql.query('UPDATE users SET display_name = $1 WHERE id = $2', [secret, ada.user.id]);
    const places = ['the audit log', 'public.audit_events', 'public.event_outbox', 'public.users'];
    const found = canaries.foundIn(await everywhere());
    expect(found.filter((one) => !all.includes(one))).toEqual(places.map((place) => `one on purpose in ${place}`));
  });
});
