import type { IncomingMessage } from 'node:http';
import { describe, expect, test } from '@jest/globals';
import { mayReadMetrics } from './metrics-access.js';

const from = (remoteAddress: string, headers: Record<string, string> = {}) =>
  ({ socket: { remoteAddress }, headers }) as unknown as IncomingMessage;

describe('A57 metrics', () => {
  test.each(['127.0.0.1', '127.8.9.1', '::1', '::ffff:127.0.0.1'])('are for this machine (%s)', (address) => {
    expect(mayReadMetrics(from(address), undefined)).toBe(true);
  });

  test.each(['10.0.0.7', '::ffff:10.0.0.7', '2001:db8::1', '', '1127.0.0.1'])('are not for others (%s)', (address) => {
    expect(mayReadMetrics(from(address), undefined)).toBe(false);
    expect(mayReadMetrics(from(address, { authorization: 'Bearer anything' }), undefined)).toBe(false);
  });

  test.each(['forwarded', 'x-forwarded-for', 'x-real-ip', 'via'])('are not for who comes by a proxy (%s)', (header) => {
    expect(mayReadMetrics(from('127.0.0.1', { [header]: '203.0.113.9' }), undefined)).toBe(false);
  });

  test('are for who brings the token, from anywhere', () => {
    expect(mayReadMetrics(from('10.0.0.7', { authorization: 'Bearer s3cret' }), 's3cret')).toBe(true);
    expect(mayReadMetrics(from('10.0.0.7', { authorization: 'Bearer guess' }), 's3cret')).toBe(false);
  });
});
