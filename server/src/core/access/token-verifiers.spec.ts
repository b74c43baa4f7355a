import { expect, test } from '@jest/globals';
import { TandemError } from '@tandem/protocol';
import { AccessTokens, type TokenClaims } from './access-tokens.js';
import { PersonalTokenVerifier } from './personal-token-verifier.js';
import type { PersonalTokenOwner } from './personal-tokens.js';
import { hashSecretToken } from './secret-tokens.js';
import { TokenVerifiers } from './token-verifiers.js';

const CLAIMS: TokenClaims = { userId: 'ada', sessionId: 's', displayName: 'Ada', expiresAt: 1 };
const TOKEN = `tdm_${'a'.repeat(43)}`;
const OWNER: PersonalTokenOwner = { id: 'p', userId: 'ada', displayName: 'Ada', scopes: ['read'], expiresAt: 100_000 };

class OwnTokens extends AccessTokens {
  readonly asked: string[] = [];
  override issue() {
    return Promise.resolve({ token: 'own', expiresAt: 1 });
  }
  override verify(token: string) {
    this.asked.push(token);
    return Promise.resolve(CLAIMS);
  }
}

test('A28 A31 a token is judged by the one kind that it claims to be: what that refuses, no other lets in', async () => {
  const own = new OwnTokens();
  const refusing = { takes: (token: string) => token.startsWith('x'), verify: () => Promise.reject(new Error('no')) };
  const all = new TokenVerifiers(own, [refusing]);
  await expect(all.verify('xyz')).rejects.toThrow('no');
  await expect(all.verify('abc')).resolves.toBe(CLAIMS);
  expect(own.asked).toEqual(['abc']);
});

test('A30 what is too long is refused before anybody looks at it', async () => {
  const own = new OwnTokens();
  await expect(new TokenVerifiers(own, []).verify('a'.repeat(8193))).rejects.toEqual(new TandemError('invalid_token'));
  expect(own.asked).toEqual([]);
});

test('a personal token is looked up by its hash, ends to the millisecond, and is noted once a minute', async () => {
  let now = 0;
  const touched: string[] = [];
  const find = (hash: Uint8Array) => Promise.resolve(hashSecretToken(TOKEN).equals(hash) ? OWNER : undefined);
  const touch = (id: string) => Promise.resolve(void touched.push(id));
  const verifier = new PersonalTokenVerifier({ find, touch }, () => now);
  const claims = { userId: 'ada', sessionId: 'p', displayName: 'Ada', expiresAt: 100_000, scopes: ['read'] };
  for (now of [0, 1_000, 59_999]) await expect(verifier.verify(TOKEN)).resolves.toEqual(claims);
  expect(touched).toEqual(['p']);
  now = 60_000;
  await verifier.verify(TOKEN);
  expect(touched).toEqual(['p', 'p']);
  now = 100_000;
  await expect(verifier.verify(TOKEN)).rejects.toEqual(new TandemError('token_expired'));
  await expect(verifier.verify(`tdm_${'b'.repeat(43)}`)).rejects.toEqual(new TandemError('invalid_token'));
});

test.each(['tdm_', `tdm_${'a'.repeat(42)}`, `tdm_${'a'.repeat(44)}`, `tdm_${'a'.repeat(42)}é`, `${TOKEN}\n`])(
  'A30 %j is refused without a look at the database',
  async (token) => {
    const find = () => Promise.reject(new Error('looked'));
    const verifier = new PersonalTokenVerifier({ find, touch: () => Promise.resolve() });
    await expect(verifier.verify(token)).rejects.toEqual(new TandemError('invalid_token'));
  },
);
