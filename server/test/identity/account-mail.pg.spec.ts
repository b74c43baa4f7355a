import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { account, tokens, user } from '@tandem/protocol/http';
import { Secret, TOTP } from 'otpauth';
import { eventually } from '../../src/testing/eventually.js';
import type { TestAnswer } from '../../src/testing/test-app.js';
import { AccountWorld, OTHER_PASSWORD, PASSWORD } from './support/account-world.js';
import { tokenOf } from './support/mailbox.js';

let world: AccountWorld;
beforeAll(async () => {
  world = await AccountWorld.start();
});
afterAll(() => world?.stop());

const outcome = ({ status, text }: TestAnswer) => ({ status, text });
const codeOf = (answer: TestAnswer) => answer.json<{ code: string }>().code;
const me = (token: string) => world.ask('GET', '/users/me', undefined, token);

describe('a registration', () => {
  test('begins with a mail, and its link and the password open a verified account', async () => {
    const email = world.newAddress();
    const answer = await world.register(email);
    expect([answer.status, answer.json()]).toEqual([202, { status: 'mail_sent' }]);
    expect((await world.login(email)).status).toBe(401);

    const mail = await world.mailbox.next(email);
    expect(mail.text).not.toContain('Lovelace');
    const token = tokenOf(mail, 'register');
    const opened = await world.ask('POST', '/auth/register/confirm', { token, password: PASSWORD });
    expect(opened.status).toBe(201);
    const signedIn = tokens.parse(opened.json());
    expect(signedIn.user).toMatchObject({ email, displayName: 'Ada Lovelace', kind: 'person', emailVerified: true });
    expect(user.parse((await me(signedIn.accessToken)).json())).toEqual(signedIn.user);
    expect((await world.login(email)).status).toBe(200);
    expect(codeOf(await world.ask('POST', '/auth/register/confirm', { token, password: PASSWORD }))).toBe(
      'link_expired',
    );
  });

  test('A38 of an address that is taken gets the same answer, and its owner a mail', async () => {
    const ada = await world.person();
    const [taken, free] = [await world.register(ada.email, OTHER_PASSWORD), await world.register(world.newAddress())];
    expect(outcome(taken)).toEqual(outcome(free));
    const mail = await world.mailbox.next(ada.email);
    expect(mail.subject).toBe('You already have an account at Tandem');
    expect((await world.login(ada.email, OTHER_PASSWORD)).status).toBe(401);
  });

  test('by somebody else is of no use to who reads the mail and clicks', async () => {
    const email = world.newAddress();
    await world.register(email, OTHER_PASSWORD, 'Mallory');
    const foreign = tokenOf(await world.mailbox.next(email), 'register');
    const clicked = await world.ask('POST', '/auth/register/confirm', { token: foreign, password: PASSWORD });
    expect([clicked.status, codeOf(clicked)]).toEqual([401, 'invalid_credentials']);
    // Her own goes on, and ends the other one.
    await world.register(email);
    const own = tokenOf(await world.mailbox.next(email), 'register');
    expect((await world.ask('POST', '/auth/register/confirm', { token: own, password: PASSWORD })).status).toBe(201);
    const late = await world.ask('POST', '/auth/register/confirm', { token: foreign, password: OTHER_PASSWORD });
    expect(codeOf(late)).toBe('link_expired');
  });

  test('fills nobody’s mailbox: five mails in an hour', async () => {
    const email = world.newAddress();
    for (let n = 0; n < 8; n += 1) expect((await world.register(email)).status).toBe(202);
    const mailed = () => world.mailbox.mails.filter(({ to }) => to === email).length;
    await eventually('the fifth mail', () => mailed() >= 5);
    const last = world.newAddress();
    await world.register(last);
    await world.mailbox.next(last);
    expect(mailed()).toBe(5);
  });
});

describe('a forgotten password', () => {
  const ask = (email: string) => world.ask('POST', '/auth/password-reset', { email });
  const choose = (token: string, password = OTHER_PASSWORD) =>
    world.ask('POST', '/auth/password-reset/confirm', { token, password });

  test('A40 is replaced by the link of a mail, which is stored as a hash and works once, and every session ends', async () => {
    const ada = await world.person();
    expect((await ask(ada.email.toUpperCase())).status).toBe(202);
    const token = tokenOf(await world.mailbox.next(ada.email), 'reset');
    const stored = await world.dataSource.query('SELECT token_hash, purpose FROM one_time_tokens WHERE user_id = $1', [
      ada.user.id,
    ]);
    expect(stored).toHaveLength(1);
    expect(stored[0].token_hash.toString('latin1')).not.toContain(token);

    expect(codeOf(await choose(token, 'passwordpassword'))).toBe('weak_password');
    expect((await choose(token)).status).toBe(204);
    expect((await me(ada.accessToken)).status).toBe(401);
    expect((await world.ask('POST', '/auth/refresh', { refreshToken: ada.refreshToken })).status).toBe(401);
    expect((await world.login(ada.email)).status).toBe(401);
    expect((await world.login(ada.email, OTHER_PASSWORD)).status).toBe(200);
    expect((await world.mailbox.next(ada.email)).subject).toBe('Your password at Tandem was changed');
    expect(codeOf(await choose(token, PASSWORD))).toBe('link_expired');
  });

  test('of an address that nobody had verified leaves whoever made the account no way in', async () => {
    const mallory = await world.person();
    await world.dataSource.query('UPDATE users SET email_verified_at = NULL WHERE id = $1', [mallory.user.id]);
    const body = { name: 'Back door', scopes: ['read', 'account'] };
    const { token } = (await world.ask('POST', '/users/me/tokens', body, mallory.accessToken)).json<{
      token: string;
    }>();
    expect((await me(token)).status).toBe(200);
    await ask(mallory.email);
    await choose(tokenOf(await world.mailbox.next(mallory.email), 'reset'));
    expect((await me(token)).status).toBe(401);
    expect((await world.signIn(mallory.email, OTHER_PASSWORD)).user.emailVerified).toBe(true);
  });

  test('of two who use the link at once, one has chosen', async () => {
    const ada = await world.person();
    await ask(ada.email);
    const token = tokenOf(await world.mailbox.next(ada.email), 'reset');
    const answers = await Promise.all([choose(token), choose(token)]);
    expect(answers.map(({ status }) => status).sort()).toEqual([204, 401]);
  });

  test('a link is old after half an hour', async () => {
    const ada = await world.person();
    await ask(ada.email);
    const token = tokenOf(await world.mailbox.next(ada.email), 'reset');
    const [{ minutes }] = await world.dataSource.query(
      `SELECT round(extract(epoch FROM expires_at - now()) / 60)::int AS minutes FROM one_time_tokens WHERE user_id = $1`,
      [ada.user.id],
    );
    expect(minutes).toBe(30);
    await world.dataSource.query('UPDATE one_time_tokens SET expires_at = now() WHERE user_id = $1', [ada.user.id]);
    expect(codeOf(await choose(token))).toBe('link_expired');
    expect((await world.login(ada.email)).status).toBe(200);
  });

  test('A38 an address without an account gets the same answer in the same time', async () => {
    const ada = await world.person();
    const time = async (email: string) => {
      const started = performance.now();
      const answer = await ask(email);
      return { ms: performance.now() - started, ...outcome(answer) };
    };
    const [known, unknown] = [[], []] as [number[], number[]];
    for (let n = 0; n < 20; n += 1) {
      const there = await time(ada.email);
      const notThere = await time(`nobody${n}@example.org`);
      expect(outcome(there as never)).toEqual(outcome(notThere as never));
      known.push(there.ms);
      unknown.push(notThere.ms);
    }
    const median = (times: number[]) => times.sort((a, b) => a - b)[times.length / 2]!;
    // The work for a known address (a row on the disk, a mail) begins after the answer; ratios, as machines are slow and busy.
    expect(median(known)).toBeLessThan(5 * median(unknown) + 5);
    expect(median(unknown)).toBeLessThan(5 * median(known) + 5);
    expect(world.mailbox.mails.some(({ to }) => to.startsWith('nobody'))).toBe(false);
  });
});

describe('A31 a token is good for what it was mailed for', () => {
  test('a link that verifies opens no account and sets no password, and is no access token', async () => {
    const ada = await world.person();
    await world.dataSource.query('UPDATE users SET email_verified_at = NULL WHERE id = $1', [ada.user.id]);
    const sent = await world.ask('POST', '/users/me/email/verification', undefined, ada.accessToken);
    expect(sent.status).toBe(202);
    const token = tokenOf(await world.mailbox.next(ada.email), 'verify');
    const misused = [
      await world.ask('POST', '/auth/password-reset/confirm', { token, password: OTHER_PASSWORD }),
      await world.ask('POST', '/auth/register/confirm', { token, password: PASSWORD }),
      await world.ask('POST', '/auth/link', { token }),
    ];
    expect(misused.map(codeOf)).toEqual(['link_expired', 'link_expired', 'link_expired']);
    expect(codeOf(await world.ask('POST', '/auth/refresh', { refreshToken: token }))).toBe('invalid_token');
    expect((await me(token)).status).toBe(401);

    const verified = await world.ask('POST', '/auth/verify-email', { token });
    expect([verified.status, verified.json()]).toEqual([200, { email: ada.email }]);
    expect((await me(ada.accessToken)).json()).toMatchObject({ emailVerified: true });
    expect(codeOf(await world.ask('POST', '/auth/verify-email', { token }))).toBe('link_expired');
  });

  test('a link that sets a password verifies nothing by itself, and the other way round', async () => {
    const ada = await world.person();
    await world.ask('POST', '/auth/password-reset', { email: ada.email });
    const token = tokenOf(await world.mailbox.next(ada.email), 'reset');
    expect(codeOf(await world.ask('POST', '/auth/verify-email', { token }))).toBe('link_expired');
    expect((await world.ask('POST', '/auth/password-reset/confirm', { token, password: OTHER_PASSWORD })).status).toBe(
      204,
    );
  });
});

describe('another address', () => {
  const change = (token: string, body: object) => world.ask('POST', '/users/me/email', body, token);
  const state = async (token: string) =>
    account.parse((await world.ask('GET', '/users/me/account', undefined, token)).json());

  test('counts when the mail to it was opened, and the old one is told', async () => {
    const ada = await world.person();
    await world.age(ada);
    const email = world.newAddress();
    expect(codeOf(await change(ada.accessToken, { email }))).toBe('fresh_sign_in_required');
    expect(codeOf(await change(ada.accessToken, { email, currentPassword: 'a wrong one' }))).toBe(
      'invalid_credentials',
    );
    const asked = await change(ada.accessToken, { email, currentPassword: PASSWORD });
    expect([asked.status, asked.json()]).toEqual([202, { status: 'mail_sent' }]);

    const token = tokenOf(await world.mailbox.next(email), 'verify');
    expect((await world.mailbox.next(ada.email)).subject).toBe('A new address for your account at Tandem');
    expect(await state(ada.accessToken)).toMatchObject({ email: ada.email, pendingEmail: email, mail: true });
    expect((await world.login(email)).status).toBe(401);

    expect((await world.ask('POST', '/auth/verify-email', { token })).json()).toEqual({ email });
    expect(await state(ada.accessToken)).toMatchObject({ email, pendingEmail: null, emailVerified: true });
    expect((await world.mailbox.next(ada.email)).text).toContain(email);
    expect((await world.login(email)).status).toBe(200);
    expect((await world.login(ada.email)).status).toBe(401);
  });

  test('A38 that somebody has gets the same answer, and its owner a mail', async () => {
    const [ada, bob] = [await world.person(), await world.person()];
    const free = await change(ada.accessToken, { email: world.newAddress() });
    const taken = await change(ada.accessToken, { email: bob.email });
    expect(outcome(taken)).toEqual(outcome(free));
    expect((await world.mailbox.next(bob.email)).subject).toBe('You already have an account at Tandem');
    expect((await state(bob.accessToken)).email).toBe(bob.email);
  });

  test('an open link to the old address dies with it', async () => {
    const ada = await world.person();
    await world.ask('POST', '/auth/password-reset', { email: ada.email });
    const reset = tokenOf(await world.mailbox.next(ada.email), 'reset');
    const email = world.newAddress();
    await change(ada.accessToken, { email });
    await world.ask('POST', '/auth/verify-email', { token: tokenOf(await world.mailbox.next(email), 'verify') });
    const late = await world.ask('POST', '/auth/password-reset/confirm', { token: reset, password: OTHER_PASSWORD });
    expect(codeOf(late)).toBe('link_expired');
  });

  test('went to somebody else meanwhile: the link says so', async () => {
    const ada = await world.person();
    const email = world.newAddress();
    await change(ada.accessToken, { email });
    const token = tokenOf(await world.mailbox.next(email), 'verify');
    await world.person(email);
    const answer = await world.ask('POST', '/auth/verify-email', { token });
    expect([answer.status, codeOf(answer)]).toEqual([409, 'email_taken']);
    expect((await state(ada.accessToken)).email).toBe(ada.email);
  });
});

test('A50 no link, address or password of a mail is in the log, also when the mail server refuses it', async () => {
  const email = 'canary-address@example.org';
  world.mailbox.refuse = { code: 550, message: 'no canary-mailbox here' };
  try {
    await world.register(email, 'canary of a password that sings');
    await eventually('the refusal is logged', () => world.server.log.includes('The mail server took no mail'));
  } finally {
    world.mailbox.refuse = undefined;
  }
  await world.register(email, 'canary of a password that sings');
  const token = tokenOf(await world.mailbox.next(email), 'register');
  await world.ask('POST', '/auth/register/confirm', { token, password: 'canary of a password that sings' });
  for (const secret of [token, 'canary', 'canary-mailbox']) expect(world.server.log).not.toContain(secret);
  expect(world.server.log).toContain('"responseCode":550');
});

describe('A38 who adds members where mail is sent', () => {
  test('learns of nobody whether they have an account, but of those with whom she shares a project', async () => {
    const [ada, bob] = [await world.person(), await world.person()];
    const token = ada.accessToken;
    const made = async () =>
      (await world.ask('POST', '/projects', { name: 'Apollo' }, token)).json<{ id: string }>().id;
    const [first, second] = [await made(), await made()];
    const add = (projectId: string, email: string) =>
      world.ask('POST', `/projects/${projectId}/members`, { email, role: 'editor' }, token);
    const [known, unknown] = [await add(first, bob.email), await add(first, world.newAddress())];
    expect(known.status).toBe(404);
    expect(outcome(known)).toEqual(outcome(unknown));
    const invited = await world.ask(
      'POST',
      `/projects/${first}/invitations`,
      { email: bob.email, role: 'viewer' },
      token,
    );
    expect([invited.status, invited.json<{ url?: string }>().url]).toEqual([201, undefined]);
    const invitation = tokenOf(await world.mailbox.next(bob.email), 'invite');
    expect((await world.ask('POST', '/invitations/accept', { token: invitation }, bob.accessToken)).status).toBe(200);
    expect((await add(second, bob.email)).status).toBe(201);
  });
});

test('who turns two-step sign-in on or off, the owner of the mailbox hears of it', async () => {
  const ada = await world.person();
  const factors = (method: string, path: string, body: object) =>
    world.ask(method, `/users/me/factors${path}`, body, ada.accessToken);
  const { secret } = (await factors('POST', '/totp', {})).json<{ secret: string }>();
  const code = new TOTP({ secret: Secret.fromBase32(secret) }).generate();
  const { recoveryCodes } = (await factors('POST', '/totp/confirm', { code })).json<{ recoveryCodes: string[] }>();
  expect((await world.mailbox.next(ada.email)).subject).toBe('Two-step sign-in is on at Tandem');
  expect((await factors('DELETE', '/totp', { code: recoveryCodes[0] })).status).toBe(204);
  const off = await world.mailbox.next(ada.email);
  expect(off.subject).toBe('Two-step sign-in is off at Tandem');
  expect(off.text).not.toContain(secret);
});
