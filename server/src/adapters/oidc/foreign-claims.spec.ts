import { expect, it } from '@jest/globals';
import { identityOf, joinedClaims } from './foreign-claims.js';

const [ada, eve] = ['ada@example.org', 'eve@example.org'];

it.each([
  [
    'an address of the token that userinfo has another one for',
    { email: ada },
    { email: eve, email_verified: true },
    [ada, false],
  ],
  ['one that only the token says is another', { email: ada, email_verified: true }, { email: eve }, [ada, true]],
  ['the same address in both', { email: ada }, { email: ada, email_verified: true }, [ada, true]],
  ['an address of userinfo alone', {}, { email: ada, email_verified: true }, [ada, true]],
  ['an address of userinfo alone, unverified', {}, { email: ada, email_verified: false }, [ada, false]],
  ['what the token denies', { email: ada, email_verified: false }, { email: ada, email_verified: true }, [ada, false]],
  // The word of one without an address is about that of the other, who has none of its own.
  ['a word without an address', { email_verified: true }, { email: ada }, [ada, true]],
  [
    'what userinfo denies of its address',
    { email_verified: true },
    { email: ada, email_verified: false },
    [ada, false],
  ],
])('A35: %s is verified by its own source', (_what, token, info, expected) => {
  const { email, emailVerified } = identityOf('https://issuer.example', joinedClaims({ sub: 'a', ...token }, info));
  expect([email, emailVerified]).toEqual(expected);
});
