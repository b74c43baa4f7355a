import { expect, test } from '@jest/globals';
import { hashSecretToken, newSecretToken, RefreshChain } from './secret-tokens.js';

test('A40 tokens have 256 random bits and are stored as their SHA-256', () => {
  const token = newSecretToken();
  expect(Buffer.from(token, 'base64url')).toHaveLength(32);
  expect(newSecretToken()).not.toBe(token);
  expect(hashSecretToken(token)).toHaveLength(32);
});

test('A34 a successor is the same each time, and cannot be found without the secret', () => {
  const token = newSecretToken();
  const chain = new RefreshChain('one secret');
  expect(chain.successor(token)).toBe(chain.successor(token));
  expect(chain.successor(token)).not.toBe(token);
  expect(new RefreshChain('another secret').successor(token)).not.toBe(chain.successor(token));
});
