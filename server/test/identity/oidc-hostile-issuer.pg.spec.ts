import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { problem } from '@tandem/protocol/http';
import { generateKeyPair, SignJWT, UnsecuredJWT } from 'jose';
import type { SignInConfig } from '../../src/config/identity-config.js';
import { TestApp } from '../../src/testing/test-app.js';
import { CLIENT } from '../support/identity-provider.js';
import { ScriptedIssuer } from '../support/scripted-issuer.js';
import { SignInPage } from '../support/sign-in-page.js';

let issuer: ScriptedIssuer;
let server: TestApp;

beforeAll(async () => {
  issuer = await ScriptedIssuer.start();
  const provider = {
    ...CLIENT,
    id: 'oidc',
    name: 'Scripted',
    issuer: issuer.url,
    scopes: 'openid profile email',
    trustEmail: false,
  };
  const github = { url: issuer.url, clientId: 'github', clientSecret: 'a secret of the tests for GitHub' };
  const signIn: SignInConfig = { providers: [provider], github, signUp: true, signUpDomains: [] };
  server = await TestApp.start({ signIn });
});

afterAll(async () => {
  await server?.stop();
  await issuer?.stop();
});

beforeEach(() => issuer.reset());

/** From the button to the callback, with what the issuer says; the answer that a program gets. */
async function signIn(provider = 'oidc') {
  const page = new SignInPage(server, issuer.url, provider);
  const asked = new URL(await page.start());
  issuer.nonce = asked.searchParams.get('nonce') ?? undefined;
  const back = new URL(asked.searchParams.get('redirect_uri') ?? '');
  back.searchParams.set('code', 'given');
  back.searchParams.set('state', asked.searchParams.get('state') ?? '');
  return { page, asked, answer: await page.callback(back.href, 'application/json') };
}

async function refusal(provider?: string) {
  const { answer } = await signIn(provider);
  return [answer.status, problem.parse(answer.json()).code];
}

const claims = () => ({
  iss: issuer.url,
  aud: CLIENT.clientId,
  sub: 'somebody',
  nonce: issuer.nonce,
  iat: Math.floor(Date.now() / 1000),
  exp: Math.floor(Date.now() / 1000) + 300,
});

describe('an issuer whose ID tokens are not what they should be', () => {
  it('one that is right signs in', async () => {
    issuer.idToken = () => issuer.sign(claims());
    const { page, answer } = await signIn();
    expect((await page.exchange(await page.codeOf(Promise.resolve(answer)))).status).toBe(200);
    const verifier = issuer.tokenRequests.at(-1)?.get('code_verifier') ?? '';
    expect(verifier).toMatch(/^[\w-]{43}$/);
  });

  it.each<[string, () => Promise<string> | string]>([
    ['another nonce', () => issuer.sign({ ...claims(), nonce: 'of another sign-in' })],
    ['no nonce', () => issuer.sign({ ...claims(), nonce: undefined })],
    ['another issuer', () => issuer.sign({ ...claims(), iss: 'https://evil.example' })],
    ['another audience', () => issuer.sign({ ...claims(), aud: 'another client' })],
    ['an end that has passed', () => issuer.sign({ ...claims(), exp: Math.floor(Date.now() / 1000) - 120 })],
    ['no end', () => issuer.sign({ ...claims(), exp: undefined })],
    ['no subject', () => issuer.sign({ ...claims(), sub: undefined })],
    ['a subject that is longer than any', () => issuer.sign({ ...claims(), sub: 'x'.repeat(256) })],
    ['a subject that no database could hold', () => issuer.sign({ ...claims(), sub: 'some\u0000body' })],
    ['no signature (alg none)', () => new UnsecuredJWT(claims()).encode()],
    [
      'a signature with the client secret (HS256)',
      () =>
        new SignJWT(claims()).setProtectedHeader({ alg: 'HS256' }).sign(new TextEncoder().encode(CLIENT.clientSecret)),
    ],
    [
      'a signature of a key that is not the issuer’s',
      async () => {
        const { privateKey } = await generateKeyPair('RS256');
        return new SignJWT(claims()).setProtectedHeader({ alg: 'RS256', kid: issuer.kid }).sign(privateKey);
      },
    ],
    ['no token at all', () => ''],
  ])('A28 A35: %s is refused', async (_what, idToken) => {
    issuer.idToken = idToken;
    expect(await refusal()).toEqual([400, 'oauth_failed']);
  });

  it('A35: userinfo of somebody else is refused', async () => {
    issuer.idToken = () => issuer.sign(claims());
    issuer.userinfo = { sub: 'somebody else', email: 'victim@example.org', email_verified: true };
    expect(await refusal()).toEqual([400, 'oauth_failed']);
  });

  it('an issuer that fails is away, not wrong', async () => {
    issuer.status = 500;
    expect(await refusal()).toEqual([503, 'provider_unavailable']);
  });
});

describe('GitHub', () => {
  afterEach(() => issuer.reset());

  const octocat = { id: 583231, login: 'octocat', name: 'The Octocat' };
  const mail = (verified: boolean) => [
    { email: 'second@example.org', primary: false, verified: true },
    { email: 'Octocat@example.org', primary: true, verified },
  ];

  it('signs in with PKCE, by the number of the account and its primary address', async () => {
    issuer.github = { user: octocat, emails: mail(true) };
    const { page, asked, answer } = await signIn('github');
    expect(asked.pathname).toBe('/login/oauth/authorize');
    expect(asked.searchParams.get('code_challenge_method')).toBe('S256');
    const tokens = (await page.exchange(await page.codeOf(Promise.resolve(answer)))).json();
    expect(tokens).toMatchObject({
      isNew: true,
      user: { email: 'octocat@example.org', emailVerified: true, displayName: 'The Octocat' },
    });

    // The login goes to somebody else, the number does not.
    issuer.github = { user: { ...octocat, login: 'cat', name: null }, emails: mail(true) };
    const again = await signIn('github');
    const code = await again.page.codeOf(Promise.resolve(again.answer));
    expect((await again.page.exchange(code)).json()).toMatchObject({ isNew: false });
  });

  it('A35: an address that GitHub has not verified is none', async () => {
    issuer.github = {
      user: { ...octocat, id: 2 },
      emails: [{ email: 'victim@example.org', primary: true, verified: false }],
    };
    const { page, answer } = await signIn('github');
    const code = await page.codeOf(Promise.resolve(answer));
    expect((await page.exchange(code)).json()).toMatchObject({ isNew: true, user: { email: null } });
  });

  it('A35: a code that it refuses, with status 200 as it does, is refused here', async () => {
    issuer.github = undefined;
    expect(await refusal('github')).toEqual([400, 'oauth_failed']);
  });
});
