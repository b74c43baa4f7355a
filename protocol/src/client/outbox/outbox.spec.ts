import 'fake-indexeddb/auto';
import { afterEach, describe, expect, it } from '@jest/globals';
import { DOCUMENT, Harness } from '../../../test/harness.js';
import { ManualClock } from '../../testing/index.js';
import { IndexedDbOutbox } from './indexeddb-outbox.js';
import type { LaneLock } from './lane-lock.js';
import { MemoryOutbox } from './memory-outbox.js';
import type { OutboxEntry, OutboxKey, OutboxStore } from './outbox-store.js';

const KEY: OutboxKey = { server: 'https://a', userId: 'ann', documentId: DOCUMENT };
const entry = (id: number): OutboxEntry => ({ id, update: new Uint8Array([id & 0xff, 1]), edits: 1 });
const bytes = (entries: readonly OutboxEntry[]) => entries.map(({ update }) => update[0]);

/** Locks of one browser; `crash` lets go of all, as a browser does for a process that died. */
class FakeLocks implements LaneLock {
  private held = new Set<string>();
  async tryHold(lane: string) {
    if (this.held.has(lane)) return undefined;
    this.held.add(lane);
    return () => void this.held.delete(lane);
  }
  crash() {
    this.held = new Set();
  }
}

const open: IndexedDbOutbox[] = [];
const clock = new ManualClock();
const indexedDb = (name = `outbox-${open.length}-${Math.random()}`, lock: LaneLock | null = new FakeLocks()) => {
  const outbox = new IndexedDbOutbox({ name, lock, clock });
  open.push(outbox);
  return outbox;
};
afterEach(async () => {
  for (const outbox of open.splice(0)) await outbox.close();
});

const stores: [string, () => OutboxStore][] = [
  ['memory', () => new MemoryOutbox()],
  ['IndexedDB', () => indexedDb()],
];

describe.each(stores)('the outbox in %s', (_name, make) => {
  it('DOC-24: gives the next lane what a closed one held, in order, under ids below zero', async () => {
    const store = make();
    const lane = await store.open(KEY);
    expect(lane.adopted).toEqual([]);
    await lane.write({ add: [entry(1), entry(2), entry(3)], remove: [] });
    await lane.write({ add: [], remove: [2] });
    await lane.close();
    const next = await store.open(KEY);
    expect(next.adopted.map(({ id }) => id)).toEqual([-2, -1]);
    expect(bytes(next.adopted)).toEqual([1, 3]);
    await next.close();
  });

  it('DOC-24: what was adopted and not delivered is adopted again, before newer entries', async () => {
    const store = make();
    const first = await store.open(KEY);
    await first.write({ add: [entry(1), entry(2)], remove: [] });
    await first.close();
    const second = await store.open(KEY);
    await second.write({ add: [entry(7)], remove: [-2] });
    await second.close();
    const third = await store.open(KEY);
    expect(bytes(third.adopted)).toEqual([2, 7]);
    await third.write({ add: [], remove: [-1, -2] });
    await third.close();
    const fourth = await store.open(KEY);
    expect(fourth.adopted).toEqual([]);
    await fourth.close();
  });

  it('DOC-14: an entry takes the place of one with its id', async () => {
    const store = make();
    const lane = await store.open(KEY);
    await lane.write({ add: [entry(1), entry(2), entry(3)], remove: [] });
    await lane.write({ add: [{ ...entry(1), update: new Uint8Array([99]), edits: 2 }], remove: [2] });
    await lane.close();
    const next = await store.open(KEY);
    expect(bytes(next.adopted)).toEqual([99, 3]);
    expect(next.adopted[0]!.edits).toBe(2);
    await next.close();
  });

  it('DOC-24: another user, document or server sees nothing of it', async () => {
    const store = make();
    const lane = await store.open(KEY);
    await lane.write({ add: [entry(1)], remove: [] });
    await lane.close();
    for (const other of [{ userId: 'bea' }, { documentId: 'd2' }, { server: 'https://b' }]) {
      const theirs = await store.open({ ...KEY, ...other });
      expect(theirs.adopted).toEqual([]);
      await theirs.close();
    }
  });

  it('DOC-24: a lane whose owner lives is left alone', async () => {
    const store = make();
    const first = await store.open(KEY);
    await first.write({ add: [entry(1)], remove: [] });
    const second = await store.open(KEY);
    expect(second.adopted).toEqual([]);
    await Promise.all([first.close(), second.close()]);
  });
});

describe('a tab that crashed', () => {
  it('DOC-24: is known by its lock', async () => {
    const locks = new FakeLocks();
    const crashed = indexedDb('crashed', locks);
    const lane = await crashed.open(KEY);
    await lane.write({ add: [entry(1)], remove: [] });
    locks.crash();
    const next = await indexedDb('crashed', locks).open(KEY);
    expect(bytes(next.adopted)).toEqual([1]);
    await next.close();
  });

  it('DOC-24: is known by its heartbeat where there are no locks', async () => {
    const first = await indexedDb('heartbeat', null).open(KEY);
    await first.write({ add: [entry(1)], remove: [] });
    const early = await indexedDb('heartbeat', null).open(KEY);
    expect(early.adopted).toEqual([]);
    await early.close();
    // Without an event loop turn the heartbeats of the first tab do not get through: it is frozen or gone.
    clock.advance(200_000);
    const late = await indexedDb('heartbeat', null).open(KEY);
    expect(bytes(late.adopted)).toEqual([1]);
    await late.close();
    await first.close();
  });

  it('DOC-24: delivers its edits when the document is opened in the next one', async () => {
    const at = new Harness();
    const locks = new FakeLocks();
    const breath = async () => {
      for (let i = 0; i < 20; i++) await at.server.settle();
    };
    const tab = await at.opened('ann', indexedDb('tabs', locks));
    await breath();
    expect(tab.provider.status).toBe('open');
    at.cutAll();
    tab.provider.text.insert(0, 'offline');
    await breath();
    locks.crash();
    const next = await at.opened('ann', indexedDb('tabs', locks));
    await breath();
    expect(next.provider.text.toString()).toBe('offline');
    expect(next.provider.saved).toBe(true);
    expect(at.document.text).toBe('offline');
    await breath();
    await at.dispose();
  });
});

it('DOC-14: a store that fails is told, and edits are delivered all the same', async () => {
  const at = new Harness();
  const broken: OutboxStore = { open: () => Promise.reject(new Error('The disk is full')) };
  const client = at.client('ann', broken);
  const heard: string[] = [];
  client.on('error', ({ message }) => heard.push(message));
  at.connect(client);
  const provider = client.openDocument(DOCUMENT);
  await at.server.settle();
  provider.text.insert(0, 'a');
  await at.server.settle();
  expect(heard).toEqual(['Error: The disk is full']);
  expect(at.document.text).toBe('a');
  await at.dispose();
});
