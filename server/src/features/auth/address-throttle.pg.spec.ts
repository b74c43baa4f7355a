import { expect, test } from '@jest/globals';
import { TestApp } from '../../testing/test-app.js';

test('one address makes 3,000 requests of a kind in a minute, and other kinds go on', async () => {
  const server = await TestApp.start({ logLevel: 'silent' });
  try {
    const open = () => server.request('POST', '/api/v1/auth/link', { body: {} });
    const statuses: number[] = [];
    const visitor = async () => {
      while (statuses.length < 3100) statuses.push((await open()).status);
    };
    await Promise.all(Array.from({ length: 20 }, visitor));
    expect(statuses.filter((status) => status === 400)).toHaveLength(3000);
    const refused = await open();
    expect(refused.status).toBe(429);
    expect(refused.json()).toMatchObject({ code: 'rate_limited', retryAfterMs: expect.any(Number) });
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
    const refresh = await server.request('POST', '/api/v1/auth/refresh', { body: { refreshToken: 'made up' } });
    expect(refresh.status).toBe(401);
  } finally {
    await server.stop();
  }
});
