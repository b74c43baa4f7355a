import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Registry } from 'prom-client';
import { Readiness } from '../../core/health/readiness.js';
import { TestApp } from '../../testing/test-app.js';
import { RoomEngine } from '../documents/room-engine.js';

const METRICS_TOKEN = 'of-sixteen-characters-or-more';

let server: TestApp;
beforeAll(async () => {
  server = await TestApp.start({ metricsToken: METRICS_TOKEN });
});
afterAll(() => server?.stop());

describe('health', () => {
  test('the process is alive and ready, as long as its database answers', async () => {
    expect((await server.request('GET', '/livez')).json()).toEqual({ status: 'ok' });
    expect((await server.request('GET', '/readyz')).status).toBe(200);

    const readiness = server.app.get(Readiness);
    const check = readiness.check;
    readiness.check = () => Promise.reject(new Error('away'));
    const answer = await server.request('GET', '/readyz');
    readiness.check = check;
    expect(answer.status).toBe(503);
    expect(answer.json()).toMatchObject({ code: 'store_unavailable' });
    expect((await server.request('GET', '/livez')).status).toBe(200);
  });

  test('metrics count requests by route, never by id', async () => {
    await server.request('GET', '/livez');
    const answer = await server.request('GET', '/metrics');
    expect(answer.headers.get('content-type')).toMatch(/^text\/plain/);
    expect(answer.text).toMatch(/tandem_http_request_seconds_count\{method="GET",route="\/livez",status="200"\} \d/);
    expect(answer.text).toContain('nodejs_eventloop_lag_seconds');
    expect(server.app.get(Registry)).toBeInstanceOf(Registry);
  });

  test('A57 who comes by a proxy reads metrics with the token only', async () => {
    const answer = await server.request('GET', '/metrics', { headers: { 'X-Forwarded-For': '203.0.113.9' } });
    expect(answer.status).toBe(403);
    expect(answer.json()).toMatchObject({ code: 'forbidden' });
    const headers = { 'X-Forwarded-For': '203.0.113.9', Authorization: `Bearer ${METRICS_TOKEN}` };
    expect((await server.request('GET', '/metrics', { headers })).status).toBe(200);
  });

  test('a server that is stopping is not ready, and still answers', async () => {
    const stopping = await TestApp.start();
    const flushing = Promise.withResolvers<void>();
    const flushed = Promise.withResolvers<void>();
    const engine = stopping.app.get(RoomEngine);
    const flush = engine.flush.bind(engine);
    engine.flush = async (timeoutMs) => {
      flushing.resolve();
      await flushed.promise;
      return flush(timeoutMs);
    };
    const stopped = stopping.stop();
    await flushing.promise;
    const ready = await stopping.request('GET', '/readyz').finally(flushed.resolve);
    expect([ready.status, ready.headers.get('retry-after')]).toEqual([503, '1']);
    expect(ready.json()).toMatchObject({ detail: 'The server is stopping', retry: 'later' });
    await stopped;
  });
});
