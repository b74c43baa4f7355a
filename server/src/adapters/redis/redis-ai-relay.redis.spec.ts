import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import {
  aiRelayContract,
  commands,
  connected,
  delta,
  hear,
  type RelaysUnderTest,
} from '../../testing/ai-relay-contract.js';
import { eventually } from '../../testing/eventually.js';
import { type PrivateRedis, startPrivateRedis } from '../../testing/private-redis.js';
import { describeWith } from '../../testing/requires.js';
import { RedisAiRelay } from './redis-ai-relay.js';

describeWith('redis-server', 'RedisAiRelay', (program) => {
  let redis: PrivateRedis;
  beforeAll(async () => {
    redis = await startPrivateRedis(program);
  });
  afterAll(() => redis.stop());

  const open = async (): Promise<RelaysUnderTest> => {
    const errors: unknown[] = [];
    const report = (error: unknown) => errors.push(error);
    const [a, b] = [new RedisAiRelay(redis.url, report), new RedisAiRelay(redis.url, report)];
    const stop = async () => {
      await Promise.all([a.close(), b.close()]);
    };
    return { a, b, errors, stop };
  };

  describe('as a relay', () => aiRelayContract(open));

  describe('when Redis fails', () => {
    let relays: RelaysUnderTest;
    afterEach(async () => {
      await relays.stop();
    });

    it('goes on after another Redis has taken its place, and was not to be heard meanwhile', async () => {
      relays = await open();
      const { a, b, errors } = relays;
      const projectId = randomUUID();
      const [atA, atB] = [hear(a, projectId), hear(b, projectId)];
      const atBCommands = commands(b);
      await connected(a, b, projectId);

      await redis.kill9();
      const count = 20_000;
      for (let index = 0; index < count; index++) a.publish(delta(projectId, index, 'x'.repeat(500)));
      a.command({ type: 'cancel', requestId: 'while away' });
      await eventually('the node hears itself', () => atA.length === count);
      await eventually('the outage is reported', () => errors.length > 0);
      expect(atB).toEqual([]);

      await redis.restart();
      await connected(a, b, projectId);
      const indexes = atB.map(({ index }) => index);
      // What was too much is gone; the rest came in order, once.
      expect(indexes.length).toBeLessThan(10_000);
      expect(indexes).toEqual([...new Set(indexes)].sort((x, y) => x - y));
      expect(atBCommands.length).toBeLessThanOrEqual(1);
      expect(errors.length).toBeLessThanOrEqual(6);
    });

    it('does not wait for a Redis that is silent, and hears it again', async () => {
      relays = await open();
      const { a, b } = relays;
      const projectId = randomUUID();
      const atB = hear(b, projectId);
      await connected(a, b, projectId);
      redis.freeze();
      try {
        const startedAt = performance.now();
        for (let index = 0; index < 1000; index++) a.publish(delta(projectId, index));
        expect(performance.now() - startedAt).toBeLessThan(500);
        await relays.stop();
        // Flushing has an end.
        expect(performance.now() - startedAt).toBeLessThan(3000);
        expect(atB).toEqual([]);
      } finally {
        redis.thaw();
      }
      relays = await open();
      hear(relays.b, projectId);
      await connected(relays.a, relays.b, projectId);
    });

    it('notices that a silent Redis is lost to it, even if it only listens', async () => {
      relays = await open();
      const errors: unknown[] = [];
      const listener = new RedisAiRelay(redis.url, (error) => errors.push(error));
      try {
        const projectId = randomUUID();
        hear(listener, projectId);
        await connected(relays.a, listener, projectId);
        redis.freeze();
        await eventually('it is reported', () => errors.length > 0, 6000);
        redis.thaw();
        await connected(relays.a, listener, projectId);
      } finally {
        redis.thaw();
        await listener.close();
      }
    });
  });
});
