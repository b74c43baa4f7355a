import { expect, test } from '@jest/globals';
import type { ThrottlerStorageService } from '@nestjs/throttler';
import { TestApp } from '../../testing/test-app.js';

test('one address makes 3,000 requests of a kind in a minute, and other kinds go on', async () => {
  const server = await TestApp.start();
  try {
    const open = () => server.request('POST', '/api/v1/auth/link', { body: {} });
    expect((await open()).status).toBe(400);
    // Imported when the application is loaded, for the reason that test-app.ts gives.
    const { getStorageToken } = await import('@nestjs/throttler');
    // All but the last of the 3,000 are counted without the way through HTTP, which takes seconds.
    const counted = server.app.get<ThrottlerStorageService>(getStorageToken(), { strict: false });
    const [key] = [...counted.storage.keys()] as [string];
    for (let n = 0; n < 2998; n += 1) await counted.increment(key, 60_000, 3000, 0, 'address');
    expect((await open()).status).toBe(400);

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

test.each([
  ['behind a trusted proxy each caller is counted for itself', 1, 2],
  ['without one the header of a caller counts for nothing', 0, 1],
])('%s', async (_what, trustProxy, counters) => {
  const server = await TestApp.start({ trustProxy });
  try {
    for (const address of ['203.0.113.8', '203.0.113.9']) {
      // What the caller wrote in front of it is not believed.
      const headers = { 'X-Forwarded-For': `198.51.100.1, ${address}` };
      await server.request('POST', '/api/v1/auth/link', { body: {}, headers });
      await server.request('POST', '/api/v1/auth/link', { body: {}, headers });
    }
    const { getStorageToken } = await import('@nestjs/throttler');
    const counted = server.app.get<ThrottlerStorageService>(getStorageToken(), { strict: false });
    expect(counted.storage.size).toBe(counters);
  } finally {
    await server.stop();
  }
});
