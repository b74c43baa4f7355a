import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { Redis } from 'ioredis';
import { AiQueue } from '../../../src/core/ai/ai-queue.js';
import { eventually } from '../../../src/testing/eventually.js';
import { type PrivateRedis, startPrivateRedis } from '../../../src/testing/private-redis.js';
import { describeWith } from '../../../src/testing/requires.js';
import type { ServerProcess } from '../../../src/testing/server-process.js';
import { words } from './support/lanes.js';
import { attempts, broken, hears, WorkersWorld } from './support/workers-world.js';

const SLOW = { tokens: words(60, 'old'), tokensPerSecond: 2 };
const QUICK = { tokens: words(20, 'new') };

describeWith('redis-server', 'a worker of its own that goes away, with Redis', (program) => {
  let redis: PrivateRedis;
  let world: WorkersWorld;
  let worker: ServerProcess;
  beforeAll(async () => {
    redis = await startPrivateRedis(program);
    world = await WorkersWorld.start(redis.url);
  });
  afterAll(async () => {
    await world?.stop();
    await redis?.stop();
  });

  it('F28 CMP-4: a queue that is emptied while a request waits loses nothing', async () => {
    world.model.onRequest = () => QUICK;
    const asked = await world.ask();
    const queue = world.faults.sync.server.app.get(AiQueue, { strict: false });
    await eventually('the request is in the queue', async () => (await queue.depth('completion')).waiting === 1);
    const admin = new Redis(redis.url);
    await admin.flushall();
    await admin.quit();
    expect((await queue.depth('completion')).waiting).toBe(0);
    worker = await world.worker();
    const done = await hears(asked, 'completion:done', () => true, 20_000);
    expect(done).toMatchObject({ outcome: 'complete', text: QUICK.tokens.join('') });
    expect(await broken(asked)).toEqual([]);
    expect(attempts(asked)).toEqual([1]);
  });

  it('F28 CMP-7: kill -9 after the third delta: another one takes over within 15 s, from the beginning', async () => {
    const before = world.model.requests.length;
    world.model.onRequest = (_request, index) => (index === before ? SLOW : QUICK);
    const asked = await world.ask();
    await hears(asked, 'completion:delta', ({ index }) => index === 2);
    await world.worker();
    worker.signal('SIGKILL');
    const at = performance.now();
    expect(await hears(asked, 'completion:restarted', () => true, 15_000)).toMatchObject({ attempt: 2 });
    process.stdout.write(`taken over after ${Math.round(performance.now() - at)} ms\n`);
    expect(await hears(asked, 'completion:done')).toMatchObject({ outcome: 'complete', text: QUICK.tokens.join('') });
    expect(await broken(asked)).toEqual([]);
    expect(attempts(asked)).toEqual([1, 2]);
  });

  it('F28 CMP-4: while Redis itself is killed and comes back empty, a stream still ends once', async () => {
    world.model.onRequest = () => ({ tokens: words(30), tokensPerSecond: 10 });
    const asked = await world.ask();
    await hears(asked, 'completion:delta', ({ index }) => index === 2);
    await redis.kill9();
    await redis.restart();
    const done = await hears(asked, 'completion:done', () => true, 20_000);
    expect(done).toMatchObject({ outcome: 'complete', text: words(30).join('') });
    expect(await broken(asked)).toEqual([]);
  });
});
