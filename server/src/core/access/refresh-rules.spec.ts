import { describe, expect, test } from '@jest/globals';
import { judgeRefresh, REFRESH_GRACE_MS } from './refresh-rules.js';

const NOW = 1_000_000;
const fresh = { expiresAt: NOW + 1, usedAt: null, sessionRevoked: false };

describe('A34 a refresh token', () => {
  test.each([
    ['is exchanged once', fresh, 'rotate'],
    ['has ended at its expiry', { ...fresh, expiresAt: NOW }, 'ended'],
    ['may come again within the grace', { ...fresh, usedAt: NOW - REFRESH_GRACE_MS }, 'repeat'],
    ['is stolen when it comes later', { ...fresh, usedAt: NOW - REFRESH_GRACE_MS - 1 }, 'reuse'],
    ['is stolen even past its expiry', { ...fresh, expiresAt: 0, usedAt: 1 }, 'reuse'],
    ['of a revoked session has ended', { ...fresh, sessionRevoked: true, usedAt: 1 }, 'ended'],
  ] as const)('%s', (_what, token, verdict) => {
    expect(judgeRefresh(token, NOW)).toBe(verdict);
  });
});
