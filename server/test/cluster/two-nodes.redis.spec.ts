import { afterAll, beforeAll, describe } from '@jest/globals';
import { type PrivateRedis, startPrivateRedis } from '../../src/testing/private-redis.js';
import { describeWith } from '../../src/testing/requires.js';
import { twoNodes } from './support/two-nodes.js';

describeWith('redis-server', 'two nodes with Redis', (program) => {
  let redis: PrivateRedis;
  beforeAll(async () => {
    redis = await startPrivateRedis(program);
  });
  afterAll(() => redis?.stop());

  describe('that works', () => twoNodes(() => ({ redisUrl: redis.url })));
});
