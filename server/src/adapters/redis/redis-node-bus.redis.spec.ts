import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { Redis } from 'ioredis';
import { aiRelayContract, commands, connected, delta, hear, relaysOver } from '../../testing/ai-relay-contract.js';
import { eventually } from '../../testing/eventually.js';
import {
  hearNotes,
  type NodesUnderTest,
  nodeBusContract,
  nodesUnderTest,
  note,
  reached,
} from '../../testing/node-bus-contract.js';
import { patience } from '../../testing/patience.js';
import { type PrivateRedis, startPrivateRedis } from '../../testing/private-redis.js';
import { describeWith } from '../../testing/requires.js';
import { roomBusContract, roomBusesOver } from '../../testing/room-bus-contract.js';
import { RedisNodeBus } from './redis-node-bus.js';

describeWith('redis-server', 'RedisNodeBus', (program) => {
  let redis: PrivateRedis;
  beforeAll(async () => {
    redis = await startPrivateRedis(program);
  });
  afterAll(() => redis.stop());

  const open = async () => nodesUnderTest((report) => new RedisNodeBus(redis.url, report));

  describe('as a bus', () => nodeBusContract(open));
  describe('under the AI relay', () => aiRelayContract(relaysOver(open)));
  describe('under the doorbell', () => roomBusContract(roomBusesOver(open)));

  it('is sent only what is watched', async () => {
    const { b, stop } = await open();
    const probe = new Redis(redis.url);
    try {
      const channels = () => probe.pubsub('CHANNELS', 'tandem:*') as Promise<string[]>;
      const ends = [b.watch('family:1'), b.watch('family:1'), b.watch('family:2')];
      await eventually('both are subscribed to', async () => (await channels()).length === 2);
      ends[0]!();
      ends[2]!();
      await eventually('one is left', async () => (await channels()).join() === 'tandem:family:1');
      ends[1]!();
      await eventually('none is left', async () => (await channels()).length === 0);
    } finally {
      probe.disconnect();
      await stop();
    }
  });

  it('sends nothing expendable where nobody else listens, and is heard again soon after somebody does', async () => {
    const { a, b, stop } = await open();
    const probe = new Redis(redis.url);
    try {
      const calls = async () => Number(/cmdstat_publish:calls=(\d+)/.exec(await probe.info('commandstats'))?.[1] ?? 0);
      let n = 0;
      const say = () => a.publish('family:quiet', { n: n++ }, { isExpendable: true });
      await eventually('nobody is told', async () => {
        const before = await calls();
        for (let many = 0; many < 20; many++) say();
        return n > 100 && (await calls()) === before;
      });
      const heard: object[] = [];
      b.watch('family:quiet');
      b.subscribe((_topic, message) => heard.push(message));
      await eventually('the other one hears it', () => {
        say();
        return heard.length > 0;
      });
    } finally {
      probe.disconnect();
      await stop();
    }
  });

  describe('when Redis fails', () => {
    let nodes: NodesUnderTest;
    afterEach(() => nodes.stop());

    it('goes on after another Redis has taken its place, and was not to be heard meanwhile', async () => {
      nodes = await open();
      const { errors } = nodes;
      const { a, b } = await relaysOver(async () => nodes)();
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

    it('hears again all that is watched by then, and nothing else', async () => {
      nodes = await open();
      const { a, b } = nodes;
      const topics = Array.from({ length: 300 }, () => `family:${randomUUID()}`);
      const heard = topics.map((topic) => hearNotes(b, topic));
      const unwatch = b.watch('family:left');
      const left: string[] = [];
      b.subscribe((topic) => topic === 'family:left' && left.push(topic));
      await reached(a, b, topics.at(-1)!);
      await redis.kill9();
      unwatch();
      await redis.restart();
      await reached(a, b, topics.at(-1)!);
      a.publish('family:left', note(1));
      for (const topic of topics) a.publish(topic, note(1));
      await eventually('all are heard', () => heard.every((ofTopic) => ofTopic.length === 1));
      expect(left).toEqual([]);
    });

    it('does not wait for a Redis that is silent, and hears it again', async () => {
      nodes = await open();
      const { a, b } = nodes;
      const topic = `family:${randomUUID()}`;
      const atB = hearNotes(b, topic);
      await reached(a, b, topic);
      redis.freeze();
      try {
        const startedAt = performance.now();
        for (let n = 0; n < 1000; n++) a.publish(topic, note(n));
        expect(performance.now() - startedAt).toBeLessThan(500 * patience());
        await nodes.stop();
        // Flushing has an end.
        expect(performance.now() - startedAt).toBeLessThan(3000 * patience());
        expect(atB).toEqual([]);
      } finally {
        redis.thaw();
      }
      nodes = await open();
      nodes.b.watch(topic);
      await reached(nodes.a, nodes.b, topic);
    });

    it('notices that a silent Redis is lost to it, even if it only listens', async () => {
      nodes = await open();
      const errors: unknown[] = [];
      const listener = new RedisNodeBus(redis.url, (error) => errors.push(error));
      try {
        const topic = `family:${randomUUID()}`;
        listener.watch(topic);
        await reached(nodes.a, listener, topic);
        redis.freeze();
        await eventually('it is reported', () => errors.length > 0, 6000);
        redis.thaw();
        await reached(nodes.a, listener, topic);
      } finally {
        redis.thaw();
        await listener.close();
      }
    });
  });
});
