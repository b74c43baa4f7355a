import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { Redis } from 'ioredis';
import { QueueUnavailable } from '../../core/ai/ai-queue.js';
import { aiQueueContract, type QueuesUnderTest, takeoverContract } from '../../testing/ai-queue-contract.js';
import { eventually } from '../../testing/eventually.js';
import { patience } from '../../testing/patience.js';
import { type PrivateRedis, startPrivateRedis } from '../../testing/private-redis.js';
import { describeWith } from '../../testing/requires.js';
import { openRedis } from '../redis/open-redis.js';
import { BullAiQueue } from './bull-ai-queue.js';

describeWith('redis-server', 'BullAiQueue on Redis', (program) => {
  let redis: PrivateRedis;
  let admin: Redis;
  beforeAll(async () => {
    redis = await startPrivateRedis(program);
    admin = openRedis(redis.url, {}, () => {});
  });
  afterAll(async () => {
    admin.disconnect();
    await redis.stop();
  });

  const open = async (): Promise<QueuesUnderTest> => {
    await admin.flushall();
    return openAt(redis.url, admin);
  };
  const openOwn = async (): Promise<QueuesUnderTest & { url: string }> => {
    const own = await startPrivateRedis(program);
    const itsAdmin = openRedis(own.url, {}, () => {});
    const { stop, ...queues } = openAt(own.url, itsAdmin);
    const stopAll = async () => {
      await stop();
      itsAdmin.disconnect();
      await own.stop();
    };
    return { ...queues, url: own.url, stop: stopAll };
  };

  describe('as a queue', () => aiQueueContract(open));

  describe('beside that', () => {
    let queues: QueuesUnderTest;
    afterEach(() => queues.stop());

    it('holds four connections, and none when it is closed', async () => {
      queues = await open();
      const connections = async () =>
        String(await admin.client('LIST'))
          .trim()
          .split('\n').length - 1;
      await eventually('earlier ones have ended', async () => (await connections()) === 2);
      const { queue, other } = queues;
      await other.close();
      await queue.add('completion', 'a');
      await queue.consume('completion', 2, async () => {});
      await queue.consume('analysis', 2, async () => {});
      await eventually('it works', async () => (await queue.depth('completion')).waiting === 0);
      expect(await connections()).toBe(4);
      await queues.stop();
      await eventually('all have ended', async () => (await connections()) === 0);
    });

    it('reports a Redis that may drop jobs', async () => {
      await admin.config('SET', 'maxmemory-policy', 'allkeys-lru');
      queues = await open();
      const { queue, errors } = queues;
      await queue.consume('completion', 1, async () => {});
      await eventually('it is reported', () => String(errors[0]).includes('allkeys-lru'));
      await admin.config('SET', 'maxmemory-policy', 'noeviction');
    });

    it('keeps a bounded number of events', async () => {
      queues = await open();
      const { queue, other } = queues;
      let done = 0;
      await other.consume('completion', 10, async () => void done++);
      for (let index = 0; index < 500; index++) await queue.add('completion', `r${index}`);
      await eventually('all are done', () => done === 500);
      expect(await admin.xlen('tandem:ai-completion:events')).toBeLessThan(500);
    });
  });

  describe('when Redis fails', () => {
    let queues: QueuesUnderTest;
    afterEach(async () => {
      await queues.stop();
    });

    it('says so within a second, and goes on with the Redis that takes its place', async () => {
      queues = await open();
      const { queue, other, errors } = queues;
      const done: string[] = [];
      await other.consume('completion', 2, async (requestId) => void done.push(requestId));
      await queue.add('completion', 'before');
      await eventually('it is done', () => done.length === 1);
      await redis.kill9();
      await unavailableWithinASecond(() => queue.add('completion', 'meanwhile'));
      await unavailableWithinASecond(() => queue.depth('completion'));
      await eventually('it is reported', () => errors.length > 0);
      await redis.restart();
      await eventually('jobs are taken again', async () => {
        await queue.add('completion', 'after').catch(() => {});
        return done.includes('after');
      });
      expect(errors.length).toBeLessThan(20);
    });

    it('says so within a second of a Redis that is silent', async () => {
      queues = await open();
      const { queue } = queues;
      await queue.add('completion', 'before');
      redis.freeze();
      try {
        await unavailableWithinASecond(() => queue.add('completion', 'meanwhile'));
        await unavailableWithinASecond(() => queue.add('completion', 'meanwhile'));
        await unavailableWithinASecond(() => queue.depth('completion'));
      } finally {
        redis.thaw();
      }
      await eventually('it goes on', () =>
        queue.add('completion', 'after').then(
          () => true,
          () => false,
        ),
      );
    });

    it('can be started without Redis, and closed without it', async () => {
      queues = await open();
      await queues.stop();
      await redis.kill9();
      const queue = BullAiQueue.onRedis(redis.url, () => {});
      queues = { ...queues, stop: () => queue.close() };
      const done: string[] = [];
      const consuming = queue.consume('completion', 1, async (requestId) => void done.push(requestId));
      await unavailableWithinASecond(() => queue.add('completion', 'a'));
      await redis.restart();
      await (await consuming)();
      await queue.consume('completion', 1, async (requestId) => void done.push(requestId));
      await queue.add('completion', 'b');
      await eventually('it is done', () => done.includes('b'));

      await redis.kill9();
      const startedAt = performance.now();
      await queue.close();
      expect(performance.now() - startedAt).toBeLessThan(4000 * patience());
      await redis.restart();
    });
  });

  takeoverContract(openOwn, 'onRedis');
});

function openAt(url: string, admin: Redis): QueuesUnderTest {
  const errors: unknown[] = [];
  const report = (error: unknown) => errors.push(error);
  const [queue, other] = [BullAiQueue.onRedis(url, report), BullAiQueue.onRedis(url, report)];
  const leftovers = async () => (await admin.keys('*.[0-9]*')).length;
  const stop = async () => {
    await Promise.all([queue.close(), other.close()]);
  };
  return { queue, other, errors, leftovers, stop };
}

async function unavailableWithinASecond(ask: () => Promise<unknown>): Promise<void> {
  const startedAt = performance.now();
  await expect(ask()).rejects.toBeInstanceOf(QueueUnavailable);
  expect(performance.now() - startedAt).toBeLessThan(1000 * patience());
}
