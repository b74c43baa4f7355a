import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type Tokens, tokens } from '@tandem/protocol/http';
import { TestApp } from '../../testing/test-app.js';

let server: TestApp;
let ada: Tokens;
beforeAll(async () => {
  server = await TestApp.start();
  const body = { email: 'ada@example.org', password: 'correct horse battery staple', displayName: 'Ada' };
  ada = tokens.parse((await server.request('POST', '/api/v1/auth/register', { body })).json());
});
afterAll(() => server?.stop());

const profile = (method: string, body?: unknown) =>
  server.request(method, '/api/v1/users/me/profile', { token: ada.accessToken, body });

const DEFAULTS = {
  ideSettings: {
    theme: 'system',
    keymap: 'default',
    fontFamily: '',
    fontSize: 14,
    tabSize: 2,
    lineWrapping: false,
  },
  aiPreferences: { trigger: 'automatic', model: null, visibility: 'text', consentToTraining: false },
};

describe('users', () => {
  test.each([
    ['GET', '/api/v1/users/me'],
    ['GET', '/api/v1/users/me/profile'],
    ['PUT', '/api/v1/users/me/profile'],
  ])('%s %s is for who is signed in', async (method, path) => {
    const none = await server.request(method, path);
    expect(none.status).toBe(401);
    expect(none.json()).toMatchObject({ code: 'unauthorized' });
    expect(none.headers.get('www-authenticate')).toBe('Bearer');
    const bad = await server.request(method, path, { token: 'a.b.c' });
    expect(bad.json()).toMatchObject({ code: 'invalid_token' });
    expect(bad.headers.get('www-authenticate')).toBe('Bearer error="invalid_token"');
    const basic = await server.request(method, path, { headers: { Authorization: 'Basic YTpi' } });
    expect(basic.json()).toMatchObject({ code: 'unauthorized' });
  });

  test('a profile begins with the defaults, and is replaced as a whole', async () => {
    expect((await profile('GET')).json()).toEqual(DEFAULTS);
    const dark = { ...DEFAULTS, ideSettings: { ...DEFAULTS.ideSettings, theme: 'dark', keymap: 'vim' } };
    const put = await profile('PUT', { ideSettings: { theme: 'dark', keymap: 'vim' }, aiPreferences: {} });
    expect(put.status).toBe(200);
    expect(put.json()).toEqual(dark);
    expect((await profile('GET')).json()).toEqual(dark);
    await profile('PUT', { ideSettings: {}, aiPreferences: { consentToTraining: true } });
    expect((await profile('GET')).json()).toMatchObject({
      ideSettings: { theme: 'system' },
      aiPreferences: { consentToTraining: true },
    });
  });

  test('two tabs that save at once both succeed', async () => {
    const body = { ideSettings: { tabSize: 4 }, aiPreferences: {} };
    const answers = await Promise.all(Array.from({ length: 4 }, () => profile('PUT', body)));
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200]);
  });

  test.each([
    ['A42 an unknown setting', { ideSettings: { isAdmin: true }, aiPreferences: {} }, 'bad_request'],
    ['A42 an unknown part', { ideSettings: {}, aiPreferences: {}, userId: 'x' }, 'bad_request'],
    [
      'A41 an object where a number is due',
      { ideSettings: { fontSize: { $gt: 0 } }, aiPreferences: {} },
      'bad_request',
    ],
    ['a number out of range', { ideSettings: { fontSize: 4000 }, aiPreferences: {} }, 'bad_request'],
    ['half of it', { ideSettings: {} }, 'bad_request'],
  ])('%s is refused', async (_what, body, code) => {
    const answer = await profile('PUT', body);
    expect(answer.status).toBe(400);
    expect(answer.json()).toMatchObject({ code });
  });

  test('A47 a key that reaches into prototypes is refused', async () => {
    const answer = await profile('PUT', '{"ideSettings":{"__proto__":{"x":1}},"aiPreferences":{}}');
    expect(answer.json()).toMatchObject({ code: 'bad_key', status: 400 });
  });
});
