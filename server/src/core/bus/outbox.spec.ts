import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import { eventually } from '../../testing/eventually.js';
import { patience } from '../../testing/patience.js';
import type { PublishOptions } from './node-bus.js';
import { Outbox, type Outgoing, type Pause } from './outbox.js';

const push = (outbox: Outbox, says: string, options: PublishOptions = {}, topic = 'p') =>
  outbox.push(topic, { says }, options);

const pause: Pause = (ms, signal) => delay(ms, undefined, { signal }).catch(() => {});

class FakeCarrier {
  isOpenNow = true;
  readonly batches: string[][] = [];
  /** Ends what is being sent. */
  finish: () => void = () => {};
  constructor(private readonly isSlow = false) {}
  isOpen() {
    return this.isOpenNow;
  }
  send(batch: readonly Outgoing[]) {
    this.batches.push(batch.map(({ text }) => (JSON.parse(text) as { says: string }).says));
    return this.isSlow ? new Promise<void>((resolve) => (this.finish = resolve)) : Promise.resolve();
  }
}

describe('Outbox', () => {
  it('sends the first at once, and in one batch what has gathered meanwhile', async () => {
    const carrier = new FakeCarrier(true);
    const outbox = new Outbox(carrier, { pause, gapMs: 0 });
    push(outbox, '1');
    await Promise.resolve();
    expect(carrier.batches).toEqual([['1']]);
    push(outbox, '2');
    push(outbox, '3');
    await Promise.resolve();
    expect(carrier.batches).toEqual([['1']]);
    carrier.finish();
    await eventually('the rest is sent', () => carrier.batches.length === 2);
    expect(carrier.batches[1]).toEqual(['2', '3']);
    carrier.finish();
    await outbox.close();
  });

  it('keeps the gap between batches, and cuts it short to close', async () => {
    const carrier = new FakeCarrier();
    const outbox = new Outbox(carrier, { pause, gapMs: 60_000 });
    push(outbox, '1');
    await Promise.resolve();
    push(outbox, '2');
    await new Promise((resolve) => setImmediate(resolve));
    expect(carrier.batches).toEqual([['1']]);
    await outbox.close();
    expect(carrier.batches).toEqual([['1'], ['2']]);
  });

  it('waits for a carrier that is away, and drops the oldest expendable messages when that is too much', async () => {
    const carrier = new FakeCarrier();
    carrier.isOpenNow = false;
    const outbox = new Outbox(carrier, { pause, gapMs: 0, capacity: 1000 });
    push(outbox, 'first');
    for (let index = 0; index < 500; index++) {
      push(outbox, `delta ${String(index).padStart(4, '0')}`, { isExpendable: true });
      expect(outbox.waitingSize).toBeLessThanOrEqual(1000);
    }
    expect(carrier.batches).toEqual([]);
    carrier.isOpenNow = true;
    outbox.wake();
    await eventually('it is sent', () => carrier.batches.length === 1);
    const [sent = []] = carrier.batches;
    expect(sent[0]).toBe('first');
    expect(sent.at(-1)).toBe('delta 0499');
    expect(sent.slice(1)).toEqual([...sent.slice(1)].sort());
    expect(outbox.waitingSize).toBe(0);
    await outbox.close();
  });

  it('drops the oldest of any kind when nothing else is left', () => {
    const carrier = new FakeCarrier();
    carrier.isOpenNow = false;
    const outbox = new Outbox(carrier, { pause, gapMs: 0, capacity: 1000 });
    for (let index = 0; index < 500; index++) push(outbox, '0123456789');
    expect(outbox.waitingSize).toBeLessThanOrEqual(1000);
    expect(outbox.waitingSize).toBeGreaterThan(400);
  });

  it('replaces what waits under the same key of the same topic, and keeps the order otherwise', async () => {
    const carrier = new FakeCarrier(true);
    const outbox = new Outbox(carrier, { pause, gapMs: 0 });
    push(outbox, 'under way', { key: 'k' });
    await Promise.resolve();
    push(outbox, 'old', { key: 'k' });
    push(outbox, 'of another key', { key: 'l' });
    push(outbox, 'of another topic', { key: 'k' }, 'q');
    push(outbox, 'of none');
    push(outbox, 'older', { key: 'k' });
    push(outbox, 'newest', { key: 'k' });
    push(outbox, 'after it');
    carrier.finish();
    await eventually('the rest is sent', () => carrier.batches.length === 2);
    expect(carrier.batches).toEqual([
      ['under way'],
      ['of another key', 'of another topic', 'of none', 'newest', 'after it'],
    ]);
    carrier.finish();
    await outbox.close();
    expect(outbox.waitingSize).toBe(0);
  });

  it('holds little of what is replaced again and again, and tells a key anew after it was dropped', async () => {
    const carrier = new FakeCarrier();
    carrier.isOpenNow = false;
    const outbox = new Outbox(carrier, { pause, gapMs: 0, capacity: 1000 });
    for (let index = 0; index < 10_000; index++) push(outbox, `head ${index}`, { key: 'k', isExpendable: true });
    expect(outbox.waitingSize).toBeLessThan(50);
    for (let index = 0; index < 100; index++) push(outbox, `word ${index}`);
    push(outbox, 'head of the end', { key: 'k' });
    carrier.isOpenNow = true;
    await outbox.close();
    const [sent = []] = carrier.batches;
    expect(sent.filter((says) => says.startsWith('head'))).toEqual(['head of the end']);
    expect(sent.at(-2)).toBe('word 99');
  });

  it('gives up flushing to a carrier that does not answer', async () => {
    const outbox = new Outbox(new FakeCarrier(true), { pause, gapMs: 0 });
    push(outbox, '1');
    const startedAt = performance.now();
    await outbox.close();
    expect(performance.now() - startedAt).toBeLessThan(1500 * patience());
  });
});
