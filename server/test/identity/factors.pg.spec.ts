import { createHash } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { accountExport, factors, recoveryCodes, startedTotp, tokens } from '@tandem/protocol/http';
import { Secret, TOTP } from 'otpauth';
import { OneTimeTokens } from '../../src/core/access/one-time-tokens.js';
import { SignInLinks } from '../../src/core/access/sign-in-links.js';
import type { TestAnswer } from '../../src/testing/test-app.js';
import { type Person, SyncWorld } from '../support/sync-world.js';

const PASSWORD = 'correct horse battery staple';
const PERIOD_MS = 30_000;

let world: SyncWorld;
beforeAll(async () => {
  world = await SyncWorld.start();
});
afterEach(() => world?.hangUp());
afterAll(() => world?.stop());

type Who = Pick<Person, 'accessToken'>;
const ask = (who: Who, method: string, path: string, body?: unknown): Promise<TestAnswer> =>
  world.server.request(method, `/api/v1/users/me/factors${path}`, { body, token: who.accessToken });
const logIn = (person: Person, code?: string, password = PASSWORD): Promise<TestAnswer> =>
  world.server.request('POST', '/api/v1/auth/login', { body: { email: person.email, password, code } });
const codeOf = (answer: TestAnswer) => (answer.status < 400 ? answer.status : answer.json<{ code: string }>().code);
const audited = async (person: Person) =>
  (await world.sql.query('SELECT action FROM audit_events WHERE actor_id = $1 ORDER BY id', [person.user.id])).rows.map(
    ({ action }) => action as string,
  );

/** An authenticator app. `steps`: how far its clock is ahead. */
class App {
  private readonly totp: TOTP;
  constructor(readonly secret: string) {
    this.totp = new TOTP({ secret: Secret.fromBase32(secret) });
  }
  code(steps = 0): string {
    return this.totp.generate({ timestamp: Date.now() + steps * PERIOD_MS });
  }
  /** Right in form, and the code of no step near now. */
  wrongCode(): string {
    const near = new Set([-2, -1, 0, 1, 2].map((steps) => this.code(steps)));
    return ['000000', '111111', '222222', '333333', '444444', '555555'].find((code) => !near.has(code))!;
  }
}

/** As if the next period had come: codes are used once in 30 seconds, which no test waits for. */
const nextPeriod = (person: Person) =>
  world.sql.query('UPDATE totp_factors SET last_step = 0 WHERE user_id = $1', [person.user.id]);

async function enrolled(): Promise<{ ada: Person; app: App; codes: string[] }> {
  const ada = await world.person('Ada');
  const { secret } = startedTotp.parse((await ask(ada, 'POST', '/totp', {})).json());
  const app = new App(secret);
  const answer = await ask(ada, 'POST', '/totp/confirm', { code: app.code() });
  const codes = recoveryCodes.parse(answer.json()).recoveryCodes;
  await nextPeriod(ada);
  return { ada, app, codes };
}

describe('turning it on', () => {
  test('gives an app its secret, and asks for nothing until a code of it was given', async () => {
    const ada = await world.person('Ada');
    expect(factors.parse((await ask(ada, 'GET', '')).json())).toEqual({ totp: null, recoveryCodes: 0 });
    const started = await ask(ada, 'POST', '/totp', {});
    expect(started.headers.get('cache-control')).toBe('no-store');
    const { secret, uri } = startedTotp.parse(started.json());
    expect(uri).toContain(`secret=${secret}`);
    expect(decodeURIComponent(uri)).toContain(ada.email);
    expect((await logIn(ada)).status).toBe(200);

    const app = new App(secret);
    expect(codeOf(await ask(ada, 'POST', '/totp/confirm', { code: app.wrongCode() }))).toBe('invalid_credentials');
    expect((await logIn(ada)).status).toBe(200);
    const confirmed = await ask(ada, 'POST', '/totp/confirm', { code: app.code() });
    expect(recoveryCodes.parse(confirmed.json()).recoveryCodes).toHaveLength(10);
    expect(factors.parse((await ask(ada, 'GET', '')).json())).toEqual({
      totp: { since: expect.any(Number) },
      recoveryCodes: 10,
    });
    expect(codeOf(await logIn(ada))).toBe('second_factor_required');
    expect(await audited(ada)).toContain('factor.enabled');
  });

  test('wants to know who it is: an old sign-in gives the password', async () => {
    const ada = await world.person('Ada');
    await world.sql.query(`UPDATE sessions SET created_at = now() - interval '1 hour' WHERE user_id = $1`, [
      ada.user.id,
    ]);
    expect(codeOf(await ask(ada, 'POST', '/totp', {}))).toBe('fresh_sign_in_required');
    expect(codeOf(await ask(ada, 'POST', '/totp', { currentPassword: 'a wrong password' }))).toBe(
      'invalid_credentials',
    );
    expect((await ask(ada, 'POST', '/totp', { currentPassword: PASSWORD })).status).toBe(201);
  });

  test('does not replace a secret that is in use', async () => {
    const { ada, app } = await enrolled();
    expect(codeOf(await ask(ada, 'POST', '/totp', { currentPassword: PASSWORD }))).toBe('factor_exists');
    expect(codeOf(await ask(ada, 'POST', '/totp/confirm', { code: app.code() }))).toBe('not_found');
    expect((await logIn(ada, app.code())).status).toBe(200);
  });

  test('is not for guests', async () => {
    const ada = await world.person('Ada');
    const { projectId } = await world.share(ada, []);
    const guest = await world.guest(await world.server.app.get(SignInLinks).create({ projectId, role: 'editor' }));
    expect(codeOf(await ask(guest, 'POST', '/totp', {}))).toBe('forbidden');
  });
});

describe('signing in', () => {
  test('takes the password and a code, of one period before or after too', async () => {
    const { ada, app } = await enrolled();
    for (const steps of [-1, 0, 1]) {
      await nextPeriod(ada);
      const answer = await logIn(ada, app.code(steps));
      // Between two periods what was one before is two before.
      if (answer.status !== 200) expect([steps, (await logIn(ada, app.code(steps))).status]).toEqual([steps, 200]);
    }
    const answer = await logIn(ada, app.wrongCode());
    expect([answer.status, codeOf(answer)]).toEqual([401, 'invalid_credentials']);
  });

  test('A31 a code that was used is refused, also when it is given twice at the same moment', async () => {
    const { ada, app } = await enrolled();
    const code = app.code(1);
    const answers = await Promise.all([logIn(ada, code), logIn(ada, code), logIn(ada, code)]);
    expect(answers.map(codeOf).sort()).toEqual([200, 'invalid_credentials', 'invalid_credentials']);
    expect(codeOf(await logIn(ada, code))).toBe('invalid_credentials');
    expect(codeOf(await logIn(ada, app.code(-1)))).toBe('invalid_credentials');
  });

  test('A38 says nothing of a second factor to who does not know the password', async () => {
    const { ada, app } = await enrolled();
    const bob = await world.person('Bob');
    const answers = [
      await logIn(ada, undefined, 'not the password of hers'),
      await logIn(ada, app.code(), 'not the password of hers'),
      await logIn(bob, undefined, 'not the password of his'),
    ];
    const bodies = answers.map((answer) => {
      const { code, detail } = answer.json<{ code: string; detail: string }>();
      return { code, detail };
    });
    expect(new Set(bodies.map((body) => JSON.stringify(body))).size).toBe(1);
    expect((await logIn(ada, app.code())).status).toBe(200);
  });

  test('A31 a recovery code signs in once, and the others go on', async () => {
    const { ada, codes } = await enrolled();
    const [first, second] = codes as [string, string];
    const answers = await Promise.all([logIn(ada, first), logIn(ada, first)]);
    expect(answers.map(codeOf).sort()).toEqual([200, 'invalid_credentials']);
    expect(codeOf(await logIn(ada, first))).toBe('invalid_credentials');
    expect((await logIn(ada, second.toUpperCase().replaceAll('-', ' '))).status).toBe(200);
    expect(factors.parse((await ask(ada, 'GET', '')).json()).recoveryCodes).toBe(8);
    expect((await audited(ada)).filter((action) => action === 'recovery_code.used')).toHaveLength(2);
  });

  test('A37 who guesses codes is slowed down', async () => {
    const { ada, app } = await enrolled();
    const wrong = app.wrongCode();
    const refused: TestAnswer[] = [];
    // At once, so that a slow machine does not space them out; the waits double, so that it cannot go on like this.
    for (let round = 0; round < 5 && refused.length === 0; round += 1) {
      const guesses = await Promise.all(Array.from({ length: 12 }, () => logIn(ada, wrong)));
      expect(guesses.map((answer) => answer.status)).not.toContain(200);
      refused.push(...guesses.filter((answer) => codeOf(answer) === 'rate_limited'));
    }
    expect(Number(refused[0]!.headers.get('retry-after'))).toBeGreaterThan(0);
  });

  test('A37 wrong codes of somebody who is signed in count too', async () => {
    const { ada, app } = await enrolled();
    const wrong = app.wrongCode();
    const codes: unknown[] = [];
    for (let round = 0; round < 5 && !codes.includes('rate_limited'); round += 1) {
      const guesses = Array.from({ length: 12 }, (_, index) =>
        index % 2 ? ask(ada, 'DELETE', '/totp', { code: wrong }) : ask(ada, 'POST', '/recovery-codes', { code: wrong }),
      );
      codes.push(...(await Promise.all(guesses)).map(codeOf));
    }
    expect(codes).toContain('rate_limited');
    expect(factors.parse((await ask(ada, 'GET', '')).json()).totp).not.toBeNull();
  });
});

describe('turning it off, and renewing', () => {
  test('wants a code, after which the password is enough', async () => {
    const { ada, app, codes } = await enrolled();
    expect(codeOf(await ask(ada, 'DELETE', '/totp', { code: app.wrongCode() }))).toBe('invalid_credentials');
    expect(codeOf(await logIn(ada))).toBe('second_factor_required');
    expect((await ask(ada, 'DELETE', '/totp', { code: app.code() })).status).toBe(204);
    expect((await logIn(ada)).status).toBe(200);
    expect(codeOf(await ask(ada, 'DELETE', '/totp', { code: codes[0] }))).toBe('not_found');
    expect(await audited(ada)).toContain('factor.disabled');
  });

  test('a recovery code does as well', async () => {
    const { ada, codes } = await enrolled();
    expect((await ask(ada, 'DELETE', '/totp', { code: codes[9] })).status).toBe(204);
    expect((await logIn(ada)).status).toBe(200);
  });

  test('new recovery codes end the old ones', async () => {
    const { ada, app, codes } = await enrolled();
    const renewed = recoveryCodes.parse((await ask(ada, 'POST', '/recovery-codes', { code: app.code() })).json());
    expect(renewed.recoveryCodes).toHaveLength(10);
    expect(codeOf(await logIn(ada, codes[0]))).toBe('invalid_credentials');
    expect((await logIn(ada, renewed.recoveryCodes[0])).status).toBe(200);
  });
});

describe('what is kept', () => {
  test('the database holds neither the secret nor a code', async () => {
    const { ada, app, codes } = await enrolled();
    const { rows } = await world.sql.query('SELECT secret FROM totp_factors WHERE user_id = $1', [ada.user.id]);
    const stored = rows[0].secret as Buffer;
    expect(stored.includes(Buffer.from(Secret.fromBase32(app.secret).bytes))).toBe(false);
    const hashes = await world.sql.query('SELECT code_hash FROM recovery_codes WHERE user_id = $1', [ada.user.id]);
    const plain = codes.map((code) => code.replaceAll('-', ''));
    expect(new Set(hashes.rows.map((row) => (row.code_hash as Buffer).toString('hex')))).toEqual(
      new Set(plain.map((code) => createHash('sha256').update(code).digest('hex'))),
    );
  });

  test('a secret that was moved to another account takes no code there', async () => {
    const [{ ada, app }, { ada: eve }] = [await enrolled(), await enrolled()];
    await world.sql.query(
      'UPDATE totp_factors SET secret = (SELECT secret FROM totp_factors WHERE user_id = $1) WHERE user_id = $2',
      [eve.user.id, ada.user.id],
    );
    expect(codeOf(await logIn(ada, app.code()))).toBe('invalid_credentials');
    expect(codeOf(await logIn(ada))).toBe('second_factor_required');
  });

  test('the export says that there is one, and goes without secrets', async () => {
    const { ada, app } = await enrolled();
    const { text } = await world.server.request('GET', '/api/v1/users/me/export', { token: ada.accessToken });
    expect(accountExport.parse(JSON.parse(text)).account).toMatchObject({ hasSecondFactor: true });
    expect(text).not.toContain(app.secret);
  });
});

describe('A40 a password reset', () => {
  const reset = async ({ email }: Person, password: string) => {
    const token = await world.server.app.get(OneTimeTokens, { strict: false }).forReset(email);
    return world.server.request('POST', '/api/v1/auth/password-reset/confirm', { body: { token, password } });
  };
  const NEW = 'nine slow turtles cross the road';

  test('leaves the second factor in place', async () => {
    const { ada, app } = await enrolled();
    await world.sql.query('UPDATE users SET email_verified_at = now() WHERE id = $1', [ada.user.id]);
    expect((await reset(ada, NEW)).status).toBe(204);
    expect(codeOf(await logIn(ada, undefined, NEW))).toBe('second_factor_required');
    expect(tokens.parse((await logIn(ada, app.code(), NEW)).json()).user.id).toBe(ada.user.id);
  });

  test('of an address that nobody had verified ends it: it may be of somebody else, and would lock the owner out', async () => {
    const { ada } = await enrolled();
    expect((await reset(ada, NEW)).status).toBe(204);
    expect((await logIn(ada, undefined, NEW)).status).toBe(200);
  });
});
