import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { problem, type Tokens, tokens } from '@tandem/protocol/http';
import { DataSource } from 'typeorm';
import type { SignInConfig } from '../../src/config/identity-config.js';
import { type TestAnswer, TestApp } from '../../src/testing/test-app.js';
import { CLIENT, IdentityProvider } from '../support/identity-provider.js';
import { ProviderVisit } from '../support/provider-visit.js';
import { SignInPage } from '../support/sign-in-page.js';

const PASSWORD = 'a sentence is easy to remember';

let company: IdentityProvider;
let university: IdentityProvider;
let server: TestApp;
let database: DataSource;

const providerOf = (id: string, name: string, { issuer }: IdentityProvider) => ({
  ...CLIENT,
  id,
  name,
  issuer,
  scopes: 'openid profile email',
  trustEmail: false,
});

const signInWith = (more: Partial<SignInConfig> = {}): SignInConfig => ({
  providers: [providerOf('oidc', 'Company', company), providerOf('university', 'University', university)],
  signUp: true,
  signUpDomains: [],
  ...more,
});

beforeAll(async () => {
  [company, university] = await Promise.all([IdentityProvider.start(), IdentityProvider.start()]);
  server = await TestApp.start({ signIn: signInWith() });
  await company.allow(`${server.url}/api/v1/auth/oidc/oidc/callback`);
  await university.allow(`${server.url}/api/v1/auth/oidc/university/callback`);
  database = server.app.get(DataSource, { strict: false });
});

afterAll(async () => {
  await server?.stop();
  await company?.stop();
  await university?.stop();
});

const page = (provider = 'oidc') => {
  const { issuer } = provider === 'oidc' ? company : university;
  return new SignInPage(server, issuer, provider);
};
const refusal = (answer: TestAnswer) => [answer.status, problem.parse(answer.json()).code];
const me = (token: string) => server.request('GET', '/api/v1/users/me', { token });
const identities = async (token: string) =>
  (await server.request('GET', '/api/v1/users/me/identities', { token })).json<{ identities: { id: string }[] }>()
    .identities;

async function register(email: string, { verified }: { verified: boolean }): Promise<Tokens> {
  const body = { email, password: PASSWORD, displayName: 'Registered' };
  const registered = tokens.parse((await server.request('POST', '/api/v1/auth/register', { body })).json());
  if (verified) await database.query('UPDATE users SET email_verified_at = now() WHERE email = $1', [email]);
  return registered;
}

let people = 0;
/** Somebody new at the company. */
function employee(claims: Record<string, unknown> = {}): { login: string; email: string } {
  const login = `employee-${++people}`;
  const email = `${login}@example.org`;
  company.tell(login, { name: 'Ada Lovelace', email, email_verified: true, ...claims });
  return { login, email };
}

describe('sign-in with a provider', () => {
  it('the page learns of a button for each', async () => {
    expect((await server.request('GET', '/api/v1/auth/providers')).json()).toEqual({
      providers: [
        { id: 'oidc', name: 'Company', kind: 'oidc' },
        { id: 'university', name: 'University', kind: 'oidc' },
      ],
    });
  });

  it('A35: makes an account at the first time, and finds it again; the request carries state, nonce and PKCE S256', async () => {
    const { login, email } = employee();
    const first = await page().signIn(login);
    expect(first).toMatchObject({ isNew: true, user: { email, displayName: 'Ada Lovelace', kind: 'person' } });
    expect(first.user.emailVerified).toBe(true);
    expect((await me(first.accessToken)).json()).toMatchObject({ id: first.user.id, email });
    const again = await page().signIn(login);
    expect(again).toMatchObject({ isNew: false, user: { id: first.user.id } });

    const asked = company.asked.at(-1)!;
    expect(Object.fromEntries(asked)).toMatchObject({ response_type: 'code', code_challenge_method: 'S256' });
    for (const name of ['state', 'nonce', 'code_challenge']) expect(asked.get(name)).toMatch(/^[\w-]{43}$/);
    expect(new Set(['state', 'nonce', 'code_challenge'].map((name) => asked.get(name))).size).toBe(3);
    expect(asked.get('redirect_uri')).toBe(`${server.url}/api/v1/auth/oidc/oidc/callback`);
  });

  it('the refresh token of such a sign-in is one like any other, and the sign-in is in the list', async () => {
    const { refreshToken } = await page().signIn(employee().login);
    const renewed = await server.request('POST', '/api/v1/auth/refresh', { body: { refreshToken } });
    const token = tokens.parse(renewed.json()).accessToken;
    const sessions = await server.request('GET', '/api/v1/users/me/sessions', { token });
    expect(sessions.json()).toMatchObject({ sessions: [{ kind: 'oidc', isCurrent: true }] });
  });

  it('two pages that sign the same new person in at once make one account', async () => {
    const { login } = employee();
    const pages = Array.from({ length: 4 }, () => page());
    const codes = await Promise.all(pages.map((one) => one.bring(login)));
    const answers = await Promise.all(pages.map((one, index) => one.exchange(codes[index]!)));
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200]);
    const ids = answers.map((answer) => answer.json<Tokens>().user.id);
    expect(new Set(ids).size).toBe(1);
  });

  it('A35: a flow that begins on one node goes on at another', async () => {
    const publicUrl = server.url;
    const other = await TestApp.start(
      { signIn: signInWith(), databaseUrl: server.databaseUrl, publicUrl },
      server.secret,
    );
    try {
      const { login } = employee();
      const one = page();
      const code = await one.codeOf(one.callback(await one.visit(await one.start(), login), 'text/html', other));
      expect((await one.exchange(code)).status).toBe(200);
    } finally {
      await other.app.close();
    }
  });
});

describe('A35: what does not belong to a flow', () => {
  it.each([
    ['no state', (url: URL) => url.searchParams.delete('state')],
    ['a state of somebody’s making', (url: URL) => url.searchParams.set('state', 'x'.repeat(43))],
    ['an empty state', (url: URL) => url.searchParams.set('state', '')],
    ['the answer of another issuer (RFC 9207)', (url: URL) => url.searchParams.set('iss', university.issuer)],
    ['a code of somebody’s making', (url: URL) => url.searchParams.set('code', 'made-up')],
    ['two codes', (url: URL) => url.searchParams.append('code', 'second')],
    ['two states', (url: URL) => url.searchParams.append('state', 'second')],
    ['no code', (url: URL) => url.searchParams.delete('code')],
  ])('A35: %s is refused', async (_what, spoil) => {
    const one = page();
    const back = new URL(await one.visit(await one.start(), employee().login));
    spoil(back);
    expect(refusal(await one.callback(back.href, 'application/json'))).toEqual([400, 'oauth_failed']);
  });

  it('A35: a browser is told in words of the page, not in JSON', async () => {
    const answer = await page().callback(`${server.url}/api/v1/auth/oidc/oidc/callback?state=unknown&code=x`);
    expect([answer.status, answer.headers.get('location')]).toEqual([302, `${server.url}/#sign-in-failed=expired`]);
    expect(answer.headers.get('cache-control')).toBe('no-store');
  });

  it('A35: an answer that is replayed is refused, also at the same moment', async () => {
    const one = page();
    const back = await one.visit(await one.start(), employee().login);
    const answers = await Promise.all(Array.from({ length: 5 }, () => one.callback(back, 'application/json')));
    expect(answers.map(({ status }) => status).sort()).toEqual([302, 400, 400, 400, 400]);
    expect(refusal(await one.callback(back, 'application/json'))).toEqual([400, 'oauth_failed']);
  });

  it('A35: the answer of one provider is not taken at the callback of another (mix-up)', async () => {
    const one = page();
    const back = await one.visit(await one.start(), employee().login);
    const mixed = back.replace('/oidc/oidc/', '/oidc/university/');
    expect(refusal(await one.callback(mixed, 'application/json'))).toEqual([400, 'oauth_failed']);
  });

  it('A35: a flow ends after ten minutes', async () => {
    const one = page();
    const back = await one.visit(await one.start(), employee().login);
    await database.query(`UPDATE oidc_flows SET expires_at = now() - interval '1 second'`);
    expect(refusal(await one.callback(back, 'application/json'))).toEqual([400, 'oauth_failed']);
  });

  it('A35: who goes away at the provider is back at the page', async () => {
    const one = page();
    const back = await one.visit(await one.start(), null);
    const answer = await one.callback(back);
    expect(answer.headers.get('location')).toBe(`${server.url}/#sign-in-failed=denied`);
  });

  it('A35: a provider that is not configured is not found', async () => {
    const body = { browserKey: 'x'.repeat(43) };
    expect(refusal(await server.request('POST', '/api/v1/auth/oidc/nobody/start', { body }))).toEqual([
      404,
      'not_found',
    ]);
  });
});

describe('A35: the code of the provider', () => {
  it('A35: is of no use to who intercepts it: without the verifier the provider refuses it', async () => {
    const one = page();
    const back = new URL(await one.visit(await one.start(), employee().login));
    const redeem = (more: Record<string, string>) =>
      fetch(`${company.issuer}/token`, {
        method: 'POST',
        body: new URLSearchParams({
          grant_type: 'authorization_code',
          code: back.searchParams.get('code') ?? '',
          redirect_uri: `${server.url}/api/v1/auth/oidc/oidc/callback`,
          client_id: CLIENT.clientId,
          client_secret: CLIENT.clientSecret,
          ...more,
        }),
      });
    for (const more of [{}, { code_verifier: 'x'.repeat(43) }]) {
      const answer = await redeem(more as Record<string, string>);
      expect([answer.status, ((await answer.json()) as { error: string }).error]).toEqual([400, 'invalid_grant']);
    }
  });

  it('A35: the provider takes neither a plain challenge, nor none, nor another address to come back to', async () => {
    const url = new URL(await page().start());
    const ask = async (change: (url: URL) => void): Promise<string> => {
      const changed = new URL(url);
      change(changed);
      const answer = await fetch(changed, { redirect: 'manual' });
      return answer.headers.get('location') ?? (await answer.text());
    };
    expect(await ask(({ searchParams }) => searchParams.set('code_challenge_method', 'plain'))).toContain(
      'invalid_request',
    );
    expect(
      await ask(({ searchParams }) => {
        searchParams.delete('code_challenge');
        searchParams.delete('code_challenge_method');
      }),
    ).toContain('invalid_request');
    const elsewhere = `${server.url}/api/v1/auth/oidc/oidc/callback/../elsewhere`;
    expect(await ask(({ searchParams }) => searchParams.set('redirect_uri', elsewhere))).toContain(
      'invalid_redirect_uri',
    );
  });
});

describe('A35: the code for the page', () => {
  it('A35: is good once, and only for the page that began', async () => {
    const one = page();
    const code = await one.bring(employee().login);
    expect((await one.exchange(code)).status).toBe(200);
    expect(refusal(await one.exchange(code))).toEqual([400, 'oauth_failed']);

    const other = page();
    const stolen = await other.bring(employee().login);
    expect(refusal(await one.exchange(stolen))).toEqual([400, 'oauth_failed']);
    // Nor for anybody afterwards: it has been seen elsewhere.
    expect(refusal(await other.exchange(stolen))).toEqual([400, 'oauth_failed']);
  });

  it('A35: an address of the callback that somebody else’s browser is made to open signs it in as nobody', async () => {
    const attacker = page();
    const back = await attacker.visit(await attacker.start(), employee().login);
    const victim = page();
    const code = await victim.codeOf(victim.callback(back));
    expect(refusal(await victim.exchange(code))).toEqual([400, 'oauth_failed']);
  });

  it('A35: ends after 60 s', async () => {
    const one = page();
    const code = await one.bring(employee().login);
    const [{ left }] = await database.query<[{ left: number }]>(
      'SELECT extract(epoch FROM max(expires_at) - now())::int AS left FROM oidc_flows WHERE identity IS NOT NULL',
    );
    expect(left).toBeLessThanOrEqual(60);
    await database.query(`UPDATE oidc_flows SET expires_at = now() - interval '1 second'`);
    expect(refusal(await one.exchange(code))).toEqual([400, 'oauth_failed']);
  });

  it.each([
    '//evil.example',
    'https://evil.example',
    '/\\evil.example',
    'javascript:alert(1)',
    '/a\nb',
    '/\t/evil.example',
    '',
  ])('A35: %j is no place to go on to', async (next) => {
    const body = { browserKey: 'x'.repeat(43), next };
    const answer = await server.request('POST', '/api/v1/auth/oidc/oidc/start', { body });
    expect(refusal(answer)).toEqual([400, 'bad_request']);
  });

  it('A35: a place in the page comes back with the tokens', async () => {
    expect(await page().signIn(employee().login, '/#/p/1?a=b')).toMatchObject({ next: '/#/p/1?a=b' });
  });

  it('A50: nothing of it is stored as it is, nor logged', async () => {
    const one = page();
    const url = new URL(await one.start());
    const back = new URL(await one.visit(url.href, employee().login));
    const code = await one.codeOf(one.callback(back.href));
    const rows = JSON.stringify(await database.query("SELECT *, encode(code_hash, 'escape') FROM oidc_flows"));
    const secrets = [one.browserKey, code, url.searchParams.get('state')!, url.searchParams.get('nonce')!];
    for (const secret of [...secrets, back.searchParams.get('code')!, CLIENT.clientSecret]) {
      expect(rows).not.toContain(secret);
      expect(server.log).not.toContain(secret);
    }
  });
});

describe('whose account it is', () => {
  it('A35: an address that both sides have verified links the identity to its account', async () => {
    const { login, email } = employee();
    const own = await register(email, { verified: true });
    const signedIn = await page().signIn(login);
    expect(signedIn).toMatchObject({ isNew: false, user: { id: own.user.id } });
    expect(await identities(signedIn.accessToken)).toMatchObject([{ providerName: 'Company', email }]);
  });

  it('A35: an account with a second factor is not joined by its address: its mailbox would do in place of the code', async () => {
    const { login, email } = employee();
    const own = await register(email, { verified: true });
    await database.query(`INSERT INTO totp_factors (user_id, secret, confirmed_at) VALUES ($1, '', now())`, [
      own.user.id,
    ]);
    const one = page();
    expect(refusal(await one.exchange(await one.bring(login)))).toEqual([409, 'identity_taken']);
  });

  it.each([
    ['only the provider has verified', true, false],
    ['only this server has verified', false, true],
    ['nobody has verified', false, false],
  ])('A35: an address that %s gives no account away', async (_what, byProvider, byUs) => {
    const { login, email } = employee({ email_verified: byProvider });
    await register(email, { verified: byUs });
    const one = page();
    const answer = await one.exchange(await one.bring(login));
    expect(refusal(answer)).toEqual([409, 'identity_taken']);
    expect(problem.parse(answer.json()).detail).toContain('link Company in the settings');
  });

  it('A35: an address that nobody vouches for is not taken from who may register it', async () => {
    const { login, email } = employee({ email_verified: false });
    expect(await page().signIn(login)).toMatchObject({ isNew: true, user: { email: null, kind: 'person' } });
    expect((await register(email, { verified: false })).user.email).toBe(email);
  });

  it('the same name at another provider is somebody else', async () => {
    const { login } = employee();
    university.tell(login, { name: 'Another Ada' });
    const [one, other] = [await page().signIn(login), await page('university').signIn(login)];
    expect(other.user.id).not.toBe(one.user.id);
  });

  it('a name that no list could show is made one that it can', async () => {
    const { login } = employee({ name: `  Ada\u0000\n${'x'.repeat(200)}` });
    const { displayName } = (await page().signIn(login)).user;
    expect(displayName).toBe(`Ada ${'x'.repeat(76)}`);
  });

  it('without open sign-up only who is known comes in, with domains only theirs', async () => {
    const { login } = employee();
    const closed = await TestApp.start(
      { signIn: signInWith({ signUp: false }), databaseUrl: server.databaseUrl, publicUrl: server.url },
      server.secret,
    );
    const listed = await TestApp.start(
      {
        signIn: signInWith({ signUpDomains: ['example.com'] }),
        databaseUrl: server.databaseUrl,
        publicUrl: server.url,
      },
      server.secret,
    );
    try {
      for (const node of [closed, listed]) {
        const one = new SignInPage(node, company.issuer);
        expect(refusal(await one.exchange(await one.bring(login)))).toEqual([403, 'sign_up_closed']);
      }
      const { login: other } = employee({ email: 'eve@example.com' });
      expect(await new SignInPage(listed, company.issuer).signIn(other)).toMatchObject({ isNew: true });
      expect(await new SignInPage(closed, company.issuer).signIn(other)).toMatchObject({ isNew: false });
    } finally {
      await closed.app.close();
      await listed.app.close();
    }
  });
});

describe('linked identities', () => {
  it('are linked while signed in, sign in from then on, and are unlinked', async () => {
    const own = await register('linker@example.net', { verified: false });
    const { login } = employee();
    const linked = await page().link(login, own.accessToken);
    expect(linked).toMatchObject({ providerName: 'Company', displayName: 'Ada Lovelace' });
    expect((await page().signIn(login)).user.id).toBe(own.user.id);
    // Again: nothing changes.
    expect(await page().link(login, own.accessToken)).toMatchObject({ id: linked.id });

    const path = `/api/v1/users/me/identities/${linked.id}`;
    expect((await server.request('DELETE', path, { token: own.accessToken })).status).toBe(204);
    expect(refusal(await server.request('DELETE', path, { token: own.accessToken }))).toEqual([404, 'not_found']);
    expect(await identities(own.accessToken)).toEqual([]);
    expect((await page().signIn(login)).user.id).not.toBe(own.user.id);
  });

  it('A35: are linked only soon after a sign-in: a tab that was left open is not enough for another way in', async () => {
    const own = await register('absent@example.net', { verified: false });
    await database.query(`UPDATE sessions SET created_at = now() - interval '1 hour' WHERE user_id = $1`, [
      own.user.id,
    ]);
    const body = { browserKey: page().browserKey };
    const path = '/api/v1/users/me/identities/oidc/start';
    const answer = await server.request('POST', path, { body, token: own.accessToken });
    expect(refusal(answer)).toEqual([403, 'fresh_sign_in_required']);
  });

  it('belong to one account', async () => {
    const { login } = employee();
    await page().signIn(login);
    const other = await register('other@example.net', { verified: false });
    const one = page();
    const code = await one.bring(login, { token: other.accessToken });
    expect(refusal(await one.exchangeLink(code, other.accessToken))).toEqual([409, 'identity_taken']);
  });

  it('A43: are nobody else’s to unlink', async () => {
    const own = await page().signIn(employee().login);
    const [{ id }] = (await identities(own.accessToken)) as [{ id: string }];
    const stranger = await register('stranger@example.net', { verified: false });
    const path = `/api/v1/users/me/identities/${id}`;
    expect(refusal(await server.request('DELETE', path, { token: stranger.accessToken }))).toEqual([404, 'not_found']);
  });

  it('the last way to sign in stays; with a second one the first may go', async () => {
    const { login } = employee();
    const own = await page().signIn(login);
    const [{ id }] = (await identities(own.accessToken)) as [{ id: string }];
    const unlink = (which: string) =>
      server.request('DELETE', `/api/v1/users/me/identities/${which}`, { token: own.accessToken });
    expect(refusal(await unlink(id))).toEqual([409, 'last_sign_in']);

    university.tell(login, { name: 'Ada' });
    const second = await page('university').link(login, own.accessToken);
    const both = await Promise.all([unlink(id), unlink(second.id)]);
    expect(both.map(({ status }) => status).sort()).toEqual([204, 409]);
    expect(await identities(own.accessToken)).toHaveLength(1);
  });

  it('A35: the code of a link signs nobody in, and links nothing to anybody else', async () => {
    const own = await register('careful@example.net', { verified: false });
    const victim = await register('victim@example.net', { verified: false });
    const one = page();
    const toSignIn = await one.bring(employee().login, { token: own.accessToken });
    expect(refusal(await one.exchange(toSignIn))).toEqual([400, 'oauth_failed']);
    const toAnother = await one.bring(employee().login, { token: own.accessToken });
    expect(refusal(await one.exchangeLink(toAnother, victim.accessToken))).toEqual([400, 'oauth_failed']);
    const toLink = await one.bring(employee().login);
    expect(refusal(await one.exchangeLink(toLink, victim.accessToken))).toEqual([400, 'oauth_failed']);
    expect(await identities(victim.accessToken)).toEqual([]);
  });

  it('a guest has no account to link', async () => {
    const guest = await register('guest@example.net', { verified: false });
    await database.query(`UPDATE users SET kind = 'guest', email = NULL WHERE id = $1`, [guest.user.id]);
    const one = page();
    const code = await one.bring(employee().login, { token: guest.accessToken });
    expect(refusal(await one.exchangeLink(code, guest.accessToken))).toEqual([403, 'forbidden']);
  });
});

it('a provider that is away holds up nobody but who signs in with it, and that is told', async () => {
  const gone = await IdentityProvider.start();
  await gone.stop();
  const signIn = signInWith({ providers: [providerOf('oidc', 'Gone', gone)] });
  const node = await TestApp.start({ signIn, databaseUrl: server.databaseUrl }, server.secret);
  try {
    const answer = await node.request('POST', '/api/v1/auth/oidc/oidc/start', { body: { browserKey: 'x'.repeat(43) } });
    expect(refusal(answer)).toEqual([503, 'provider_unavailable']);
    expect(problem.parse(answer.json()).retry).toBe('later');
    expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0);
  } finally {
    await node.app.close();
  }
});

it('A35: the provider’s own session signs the same person in without a question, in a flow of its own', async () => {
  const { login } = employee();
  const browser = new ProviderVisit(company.issuer);
  const ids: string[] = [];
  for (const name of [login, 'nobody is asked']) {
    const one = page();
    const back = await browser.through(await one.start(), name);
    const answer = await one.exchange(await one.codeOf(one.callback(back)));
    ids.push(answer.json<Tokens>().user.id);
  }
  expect(ids[1]).toBe(ids[0]);
});
