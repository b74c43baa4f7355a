import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { startedTotp } from '@tandem/protocol/http';
import type { TestAnswer } from '../../src/testing/test-app.js';
import { type Person, SyncWorld } from '../support/sync-world.js';
import { TwoNodes } from './support/nodes.js';

const PASSWORD = 'correct horse battery staple';

let nodes: TwoNodes;
beforeAll(async () => {
  nodes = await TwoNodes.start();
});
afterEach(() => nodes?.hangUp());
afterAll(() => nodes?.stop());

type Attempt = (node: SyncWorld, guess: string) => Promise<TestAnswer>;

const logIn =
  ({ email }: Person): Attempt =>
  ({ server }, password) =>
    server.request('POST', '/api/v1/auth/login', { body: { email, password } });
const newPassword =
  ({ accessToken: token }: Person): Attempt =>
  ({ server }, currentPassword) =>
    server.request('PUT', '/api/v1/users/me/password', { body: { currentPassword, password: PASSWORD }, token });
const totpCode =
  ({ accessToken: token }: Person): Attempt =>
  ({ server }, code) =>
    server.request('POST', '/api/v1/users/me/factors/totp/confirm', { body: { code }, token });

const codeOf = (answer: TestAnswer) => (answer.status < 400 ? 'right' : answer.json<{ code: string }>().code);

/** Ten wrong guesses, by turns on either node. */
async function guessTen(attempt: Attempt, wrong = 'not the password of hers'): Promise<void> {
  for (let n = 0; n < 10; n += 1) {
    expect(codeOf(await attempt(nodes.both[n % 2]!, wrong))).toBe('invalid_credentials');
  }
  // The delay has begun, and does not end while a slow machine runs the test.
  await move('1 hour');
}
const move = (interval: string) =>
  nodes.here.sql.query('UPDATE sign_in_attempts SET at = at + $1::interval', [interval]);

describe('A37 who guesses, spread over two nodes,', () => {
  it('has ten attempts at a password in all: the eleventh waits on either, and on a node that has just started', async () => {
    const [ada, bob] = [await nodes.here.person('Ada'), await nodes.here.person('Bob')];
    await guessTen(logIn(ada));
    const { databaseUrl, secret } = nodes.here.server;
    const restarted = await SyncWorld.start({ databaseUrl }, secret);
    try {
      for (const node of [...nodes.both, restarted]) {
        const refused = await logIn(ada)(node, PASSWORD);
        expect([refused.status, codeOf(refused)]).toEqual([429, 'rate_limited']);
        expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
        expect(codeOf(await logIn(bob)(node, PASSWORD))).toBe('right');
      }
    } finally {
      await restarted.stop();
    }
    await move('-2 hours');
    expect(codeOf(await logIn(ada)(nodes.there, PASSWORD))).toBe('right');
    // Which wipes the slate on the other one too.
    expect(codeOf(await logIn(ada)(nodes.here, 'not the password of hers'))).toBe('invalid_credentials');
    expect(codeOf(await logIn(ada)(nodes.here, PASSWORD))).toBe('right');
  });

  it('gains nothing by guessing at the same moment', async () => {
    const ada = await nodes.here.person('Ada');
    const since = performance.now();
    const guesses = Array.from({ length: 30 }, (_, n) => logIn(ada)(nodes.both[n % 2]!, `a wrong guess, ${n}`));
    const judged = (await Promise.all(guesses)).map(codeOf).filter((code) => code === 'invalid_credentials');
    expect(judged.length).toBeGreaterThanOrEqual(10);
    expect(judged.length).toBeLessThanOrEqual(10 + Math.floor((performance.now() - since) / 1000));
  });

  it('has ten at the password that is asked for again', async () => {
    const ada = await nodes.here.person('Ada');
    await guessTen(newPassword(ada));
    for (const node of nodes.both) expect(codeOf(await newPassword(ada)(node, PASSWORD))).toBe('rate_limited');
    // Whoever sits at her screen does not keep her from signing in elsewhere.
    expect(codeOf(await logIn(ada)(nodes.there, PASSWORD))).toBe('right');
  });

  it('has ten at a code', async () => {
    const ada = await nodes.here.person('Ada');
    startedTotp.parse(await nodes.here.rest(ada, 'POST', '/users/me/factors/totp', {}));
    await guessTen(totpCode(ada), 'no code at all');
    for (const node of nodes.both) expect(codeOf(await totpCode(ada)(node, '000000'))).toBe('rate_limited');
  });
});
