import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { account, type Tokens } from '@tandem/protocol/http';
import type { TestAnswer } from '../../src/testing/test-app.js';
import { type Person, SyncWorld } from '../support/sync-world.js';

const PASSWORD = 'correct horse battery staple';
const OTHER_PASSWORD = 'nine slow turtles cross the road';

let world: SyncWorld;
beforeAll(async () => {
  world = await SyncWorld.start();
});
afterEach(() => world?.hangUp());
afterAll(() => world?.stop());

const ask = (person: Tokens | undefined, method: string, path: string, body?: unknown): Promise<TestAnswer> =>
  world.server.request(method, `/api/v1${path}`, { body, ...(person ? { token: person.accessToken } : {}) });
const codeOf = (answer: TestAnswer) => answer.json<{ code: string }>().code;
const login = ({ email }: Person, password: string) => ask(undefined, 'POST', '/auth/login', { email, password });
const signedInLongAgo = ({ user }: Tokens) =>
  world.sql.query(`UPDATE sessions SET created_at = now() - interval '1 hour' WHERE user_id = $1`, [user.id]);

describe('a password', () => {
  const change = (person: Tokens, body: object) => ask(person, 'PUT', '/users/me/password', body);

  test('is changed by who knows it, and the other sessions end with their sockets', async () => {
    const ada = await world.person();
    const elsewhere = await world.signInAgain(ada);
    const [here, there] = [await world.connect(ada), await world.connect(elsewhere as Person)];
    // A fresh sign-in alone is not enough: it is what a thief of the open browser has.
    expect(codeOf(await change(ada, { password: OTHER_PASSWORD }))).toBe('fresh_sign_in_required');
    const wrong = await change(ada, { password: OTHER_PASSWORD, currentPassword: 'not this one at all' });
    expect([wrong.status, codeOf(wrong)]).toEqual([401, 'invalid_credentials']);

    expect((await change(ada, { password: OTHER_PASSWORD, currentPassword: PASSWORD })).status).toBe(204);
    expect((await there.hears('session:closed')).code).toBe('invalid_token');
    expect((await ask(elsewhere, 'GET', '/users/me')).status).toBe(401);
    expect((await ask(ada, 'GET', '/users/me')).status).toBe(200);
    expect(here.isConnected).toBe(true);
    expect((await login(ada, PASSWORD)).status).toBe(401);
    expect((await login(ada, OTHER_PASSWORD)).status).toBe(200);
  });

  test('A37 whoever found an open session guesses no faster than at the sign-in', async () => {
    const ada = await world.person();
    const answers: TestAnswer[] = [];
    for (let n = 0; n < 12; n += 1) {
      answers.push(await change(ada, { password: OTHER_PASSWORD, currentPassword: `guess number ${n} of many` }));
    }
    expect(answers.slice(0, 10).map(({ status }) => status)).toEqual(Array(10).fill(401));
    expect(codeOf(answers[11]!)).toBe('rate_limited');
  });

  test('is set by who has none, within 15 minutes of signing in', async () => {
    const ada = await world.person();
    await world.sql.query('UPDATE users SET password_hash = NULL WHERE id = $1', [ada.user.id]);
    expect((await ask(ada, 'GET', '/users/me/account')).json()).toMatchObject({ hasPassword: false });
    await signedInLongAgo(ada);
    expect(codeOf(await change(ada, { password: OTHER_PASSWORD }))).toBe('fresh_sign_in_required');
    await world.sql.query('UPDATE sessions SET created_at = now() WHERE user_id = $1', [ada.user.id]);
    expect((await change(ada, { password: OTHER_PASSWORD })).status).toBe(204);
    expect((await login(ada, OTHER_PASSWORD)).status).toBe(200);
  });

  test.each([
    ['the name again and again', 'ada ada ada ada ada'],
    ['a common one twice', 'iloveyouiloveyou'],
    ['a run of the keyboard', 'qwertyuiopasdfghjkl'],
  ])('A39 %s is refused with words that help, at a change and at a registration', async (_what, password) => {
    const ada = await world.person();
    const email = `weak-${password.length}@example.org`;
    const answers = [
      await change(ada, { password, currentPassword: PASSWORD }),
      await ask(undefined, 'POST', '/auth/register', { email, password, displayName: 'Ada' }),
    ];
    for (const answer of answers) {
      expect([answer.status, codeOf(answer)]).toEqual([400, 'weak_password']);
      expect(answer.json<{ detail: string }>().detail).toMatch(/sentence/);
      expect(answer.text).not.toContain(password);
    }
  });

  test('A39 the e-mail address is no password', async () => {
    const body = {
      email: 'margaret.hamilton@example.org',
      displayName: 'M',
      password: 'Margaret.Hamilton@Example.org',
    };
    expect(codeOf(await ask(undefined, 'POST', '/auth/register', body))).toBe('weak_password');
  });

  test('A39 what is beyond the 72 bytes of bcrypt counts, and the form of a letter does not', async () => {
    const base = 'a very long sentence that goes on and on and on until it is more than seventy-two bytes';
    for (const [set, typed, isRight] of [
      [`${base} one`, `${base} two`, false],
      ['Zoë schläft im großen Haus', 'Zoe\u0308 schla\u0308ft im großen Haus', true],
    ] as const) {
      const ada = await world.person();
      expect((await change(ada, { password: set, currentPassword: PASSWORD })).status).toBe(204);
      expect([set, (await login(ada, typed)).status]).toEqual([set, isRight ? 200 : 401]);
      expect((await login(ada, set)).status).toBe(200);
    }
  });

  test.each([
    ['one of 14 characters', 'x'.repeat(14)],
    ['one of 257 characters', 'xy zw vu'.repeat(33)],
    ['a megabyte', 'x'.repeat(90_000)],
    ['one with a NUL, which others end at', 'half of a sentence\u0000and the other'],
    ['no text', { $gt: '' }],
  ])('A39 A41 %s is refused before anything is hashed', async (_what, password) => {
    const ada = await world.person();
    expect(codeOf(await change(ada, { password, currentPassword: PASSWORD }))).toBe('bad_request');
  });
});

describe('a name', () => {
  test('is changed for oneself and for those who see it', async () => {
    const [ada, bob] = [await world.person('Ada'), await world.person('Bob')];
    const { projectId } = await world.share(ada, [[bob, 'editor']]);
    const watching = await world.connect(bob);
    await watching.ask('project:open', { projectId });
    const answer = await ask(ada, 'PATCH', '/users/me', { displayName: ' Countess Ada ' });
    expect(answer.json()).toMatchObject({ id: ada.user.id, displayName: 'Countess Ada' });
    const told = await watching.hears('project:event', ({ type }) => type === 'member.changed');
    expect(told).toMatchObject({ member: { userId: ada.user.id, displayName: 'Countess Ada', role: 'owner' } });
    const refreshed = await ask(undefined, 'POST', '/auth/refresh', { refreshToken: ada.refreshToken });
    expect(refreshed.json()).toMatchObject({ user: { displayName: 'Countess Ada' } });
  });

  test.each([{ displayName: '' }, { displayName: 'x'.repeat(81) }, { displayName: 'Ada', kind: 'guest' }, {}])(
    'A42 %j is refused',
    async (body) => {
      expect(codeOf(await ask(await world.person(), 'PATCH', '/users/me', body))).toBe('bad_request');
    },
  );
});

describe('on a server without mail', () => {
  test('an address is changed at once, with the password, and is not verified', async () => {
    const ada = await world.person();
    await signedInLongAgo(ada);
    const email = 'countess@example.org';
    expect(codeOf(await ask(ada, 'POST', '/users/me/email', { email }))).toBe('fresh_sign_in_required');
    const changed = await ask(ada, 'POST', '/users/me/email', { email, currentPassword: PASSWORD });
    expect(changed.json()).toEqual({ status: 'changed' });
    const state = account.parse((await ask(ada, 'GET', '/users/me/account')).json());
    expect(state).toMatchObject({ email, emailVerified: false, pendingEmail: null, mail: false, hasPassword: true });
    const bob = await world.person();
    const taken = await ask(bob, 'POST', '/users/me/email', { email, currentPassword: PASSWORD });
    expect([taken.status, codeOf(taken)]).toEqual([409, 'email_taken']);
  });

  test('what needs mail says so', async () => {
    const ada = await world.person();
    const answers = [
      await ask(undefined, 'POST', '/auth/password-reset', { email: ada.email }),
      await ask(undefined, 'POST', '/auth/password-reset', { email: 'nobody@example.org' }),
      await ask(ada, 'POST', '/users/me/email/verification'),
    ];
    expect(answers.map((answer) => [answer.status, codeOf(answer)])).toEqual(Array(3).fill([503, 'mail_unavailable']));
  });
});
