import { describe, expect, it } from '@jest/globals';
import { addressGroup } from './address-group.js';
import { AdmissionQueue } from './admission-queue.js';
import { Counts } from './counts.js';
import { KeyedBuckets } from './keyed-buckets.js';
import { NewestOnly } from './newest-only.js';
import { retryLater } from './retry-later.js';

describe('AdmissionQueue', () => {
  function queueOf(bounds: { slots?: number; waiting?: number; patienceMs?: number }) {
    const queue = new AdmissionQueue<string>({ slots: 1, waiting: 100, patienceMs: 1000, ...bounds });
    const told: string[] = [];
    const enter = (key: string, name: string, now = 0) =>
      queue.enter(
        key,
        now,
        () => told.push(`in ${name}`),
        () => told.push(`out ${name}`),
      );
    return { queue, told, enter };
  }

  it('serves each key in its order, and the keys in turn', () => {
    const { queue, told, enter } = queueOf({});
    enter('z', 'z');
    for (const name of ['a1', 'a2', 'a3']) enter('a', name);
    for (const name of ['b1', 'b2']) enter('b', name);
    enter('c', 'c1');
    for (let n = 0; n < 7; n++) queue.leave();
    expect(told.map((line) => line.slice(3))).toEqual(['z', 'a1', 'b1', 'c1', 'a2', 'b2', 'a3']);
    expect(queue.size).toBe(0);
    expect(enter('d', 'd1')).toBe(true);
    expect(told.at(-1)).toBe('in d1');
  });

  it('lets so many in at once, so many wait, and says no to the rest', () => {
    const { queue, told, enter } = queueOf({ slots: 2, waiting: 2 });
    expect(['1', '2', '3', '4', '5'].map((name) => enter(name, name))).toEqual([true, true, true, true, false]);
    expect(told).toEqual(['in 1', 'in 2']);
    queue.leave();
    expect(told).toEqual(['in 1', 'in 2', 'in 3']);
    expect(enter('5', '5')).toBe(true);
    expect(enter('6', '6')).toBe(false);
  });

  it('refuses who has waited too long, and whose connection is gone', () => {
    const { queue, told, enter } = queueOf({ patienceMs: 100 });
    enter('z', 'z', 0);
    enter('a', 'a1', 10);
    enter('a', 'a2', 50);
    enter('b', 'b1', 60);
    queue.expire(109);
    expect(told).toEqual(['in z']);
    queue.expire(110);
    expect(told).toEqual(['in z', 'out a1']);
    queue.forget('b');
    queue.forget('nobody');
    expect(told.at(-1)).toBe('out b1');
    queue.leave();
    queue.leave();
    queue.expire(10_000);
    expect(told).toEqual(['in z', 'out a1', 'out b1', 'in a2']);
    expect(queue.size).toBe(0);
  });
});

describe('KeyedBuckets', () => {
  it('counts each key alone, and forgets those that have nothing to remember', () => {
    const buckets = new KeyedBuckets(2, 1);
    expect([0, 0, 0].map(() => buckets.take('a', 0))).toEqual([0, 0, 1000]);
    expect(buckets.take('b', 0)).toBe(0);
    expect(buckets.take('a', 1000)).toBe(0);
    for (let n = 0; n < 1000; n++) buckets.take(`once ${n}`, n * 5000);
    expect(buckets.size).toBeLessThan(5);
  });

  it('never holds more than its most keys', () => {
    const buckets = new KeyedBuckets(2, 1, 10);
    for (let n = 0; n < 1000; n++) buckets.take(`key ${n}`, 0);
    expect(buckets.size).toBe(10);
    expect(buckets.take('key 999', 0)).toBe(0);
    expect(buckets.take('key 999', 0)).toBeGreaterThan(0);
  });
});

it('Counts: none above the cap, and what is gone makes room', () => {
  const counts = new Counts(2);
  expect(['a', 'a', 'a', 'b'].map((key) => counts.add(key))).toEqual([true, true, false, true]);
  counts.remove('a');
  expect(counts.of('a')).toBe(1);
  expect(counts.add('a')).toBe(true);
  for (let n = 0; n < 5; n++) counts.remove('a');
  expect(counts.of('a')).toBe(0);
});

describe('NewestOnly', () => {
  it('holds the newest of each key, and gives them out in turn', () => {
    const pace = new NewestOnly<string>(2, 10, 3);
    const offer = (item: string, now = 0) => pace.offer(item[0]!, item, now);
    expect(['a1', 'a2', 'a3', 'b1', 'a4'].map((item) => offer(item))).toEqual([true, true, false, false, false]);
    expect(pace.release(0)).toEqual({ items: [], waitMs: 100 });
    expect(pace.release(100)).toEqual({ items: ['b1'], waitMs: 100 });
    // A token is there, but another one waits longer.
    expect(offer('c1', 200)).toBe(false);
    expect(pace.release(300)).toEqual({ items: ['a4', 'c1'], waitMs: undefined });
    expect(offer('a5', 500)).toBe(true);
    for (const item of ['d1', 'e1', 'f1', 'g1', 'h1']) offer(item, 500);
    // Four wait, one too many: the one that has waited longest is forgotten.
    expect(pace.release(10_000)).toEqual({ items: ['f1', 'g1'], waitMs: 100 });
  });
});

describe('addressGroup', () => {
  it.each([
    ['192.0.2.1', '192.0.2.1'],
    ['::ffff:192.0.2.1', '192.0.2.1'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['2001:0DB8:0001:0002::', '2001:db8:1:2::/64'],
    ['2001:db8:1:2:ffff::9', '2001:db8:1:2::/64'],
    ['::1', '0:0:0:0::/64'],
    ['fe80::1%eth0', 'fe80:0:0:0::/64'],
  ])('%s is counted as %s', (address, group) => {
    expect(addressGroup(address)).toBe(group);
  });
});

it('retryLater spreads those who were refused together', () => {
  const waits = [0, 0.5, 0.999].map((random) => retryLater('overloaded', 1000, random).retryAfterMs);
  expect(waits).toEqual([1000, 2000, 2998]);
  expect(retryLater('store_unavailable', 1000, 0).retry).toBe('later');
});
