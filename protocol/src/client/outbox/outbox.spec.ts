import { afterEach, describe, expect, it } from '@jest/globals';
import { openDB } from 'idb';
import { DOCUMENT, Harness } from '../../../test/harness.js';
import { breath, FakeBrowser, FakeLocks, outboxes } from '../../../test/outboxes.js';
import { type KeptText, MAX_KEPT_LENGTH } from './kept-text.js';
import type { OutboxEntry, OutboxKey, OutboxStore } from './outbox-store.js';

const KEY: OutboxKey = { server: 'https://a', userId: 'ann', documentId: DOCUMENT };
const entry = (id: number): OutboxEntry => ({ id, update: new Uint8Array([id & 0xff, 1]), edits: 1 });
const bytes = (entries: readonly OutboxEntry[]) => entries.map(({ update }) => update[0]);

const browser = new FakeBrowser();
afterEach(() => browser.close());

describe.each(outboxes(browser))('the outbox in %s', (_name, make) => {
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

  it('CMP-22: keeps whose text an edit holds', async () => {
    const store = make();
    const lane = await store.open(KEY);
    const provenance = { completionId: 'c', client: 1, clock: 2, length: 3 };
    await lane.write({ add: [entry(1), { ...entry(2), provenance }], remove: [] });
    await lane.close();
    const next = await store.open(KEY);
    expect(next.adopted).toEqual([
      { ...entry(1), id: -2 },
      { ...entry(2), id: -1, provenance },
    ]);
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

describe.each(outboxes(browser))('texts that are kept in %s', (_name, make) => {
  const kept = (n: number, text = `text ${n}`): KeptText => ({ id: `id-${n}`, text, reason: 'doc_full', at: n });
  const keptIn = async (store: OutboxStore, key = KEY) => {
    const lane = await store.open(key);
    await lane.close();
    return lane.kept;
  };

  it('DOC-37: are there at every open until they are discarded', async () => {
    const store = make();
    const lane = await store.open(KEY);
    await lane.keep(kept(1));
    await lane.keep(kept(2));
    await lane.close();
    expect(await keptIn(store)).toEqual([kept(1), kept(2)]);
    expect(await keptIn(store)).toEqual([kept(1), kept(2)]);
    // A dialog may outlive the document that it speaks of.
    await lane.discard('id-1');
    await lane.discard('id-1');
    expect(await keptIn(store)).toEqual([kept(2)]);
  });

  it('DOC-37: are shown to their user only, and in their document only', async () => {
    const store = make();
    const lane = await store.open(KEY);
    await lane.keep(kept(1));
    await lane.close();
    for (const other of [{ userId: 'bea' }, { documentId: 'd2' }, { server: 'https://b' }]) {
      expect(await keptIn(store, { ...KEY, ...other })).toEqual([]);
    }
  });

  it('DOC-37: the oldest of a user make room, in whichever document they are', async () => {
    const store = make();
    const lanes = await Promise.all([store.open(KEY), store.open({ ...KEY, documentId: 'd2' })]);
    const bea = await store.open({ ...KEY, userId: 'bea' });
    await bea.keep({ ...kept(0), id: 'of bea' });
    for (let n = 1; n <= 24; n++) await lanes[n % 2]!.keep(kept(n));
    await Promise.all([...lanes, bea].map((lane) => lane.close()));
    expect((await keptIn(store)).map(({ at }) => at)).toEqual([6, 8, 10, 12, 14, 16, 18, 20, 22, 24]);
    expect(await keptIn(store, { ...KEY, documentId: 'd2' })).toHaveLength(10);
    expect(await keptIn(store, { ...KEY, userId: 'bea' })).toHaveLength(1);
  });

  it('DOC-37: of one that is too long the beginning stays, and it says so', async () => {
    const store = make();
    const lane = await store.open(KEY);
    await lane.keep(kept(1, 'x'.repeat(MAX_KEPT_LENGTH)));
    await lane.keep(kept(2, `${'x'.repeat(MAX_KEPT_LENGTH - 1)}\u{1F600}`));
    await lane.close();
    const [whole, cut] = await keptIn(store);
    expect([whole!.text.length, whole!.truncated]).toEqual([MAX_KEPT_LENGTH, undefined]);
    expect([cut!.text.length, cut!.truncated]).toEqual([MAX_KEPT_LENGTH - 1, true]);
  });
});

describe('a database of an older version', () => {
  const older = (name: string) =>
    openDB(name, 1, {
      upgrade(db) {
        const lanes = db.createObjectStore('lanes', { keyPath: 'lane' });
        lanes.createIndex('document', ['server', 'userId', 'documentId']);
        db.createObjectStore('entries', { keyPath: ['lane', 'id'] });
      },
    });

  it('DOC-24: is upgraded with the edits in it', async () => {
    const db = await older('upgraded');
    await db.add('lanes', { ...KEY, lane: 'old', createdAt: 1, heartbeat: 1 });
    await db.add('entries', { ...entry(5), lane: 'old' });
    db.close();
    const lane = await browser.outbox('upgraded').open(KEY);
    expect(bytes(lane.adopted)).toEqual([5]);
    expect(lane.kept).toEqual([]);
    await lane.close();
  });

  it('DOC-14: a tab that holds it does not make documents wait', async () => {
    const db = await older('held');
    const outbox = browser.outbox('held');
    await expect(outbox.open(KEY)).rejects.toThrow('older version');
    db.close();
    await outbox.close();
  });
});

describe('a tab that crashed', () => {
  it('DOC-24: is known by its lock', async () => {
    const locks = new FakeLocks();
    const crashed = browser.outbox('crashed', locks);
    const lane = await crashed.open(KEY);
    await lane.write({ add: [entry(1)], remove: [] });
    locks.crash();
    const next = await browser.outbox('crashed', locks).open(KEY);
    expect(bytes(next.adopted)).toEqual([1]);
    await next.close();
  });

  it('DOC-24: is known by its heartbeat where there are no locks', async () => {
    const first = await browser.outbox('heartbeat', null).open(KEY);
    await first.write({ add: [entry(1)], remove: [] });
    const early = await browser.outbox('heartbeat', null).open(KEY);
    expect(early.adopted).toEqual([]);
    await early.close();
    // Without an event loop turn the heartbeats of the first tab do not get through: it is frozen or gone.
    browser.clock.advance(200_000);
    const late = await browser.outbox('heartbeat', null).open(KEY);
    expect(bytes(late.adopted)).toEqual([1]);
    await late.close();
    await first.close();
  });

  it('DOC-24: delivers its edits when the document is opened in the next one', async () => {
    const at = new Harness();
    const locks = new FakeLocks();
    const tab = await at.opened('ann', browser.outbox('tabs', locks));
    await breath(at);
    expect(tab.provider.status).toBe('open');
    at.cutAll();
    tab.provider.text.insert(0, 'offline');
    await breath(at);
    locks.crash();
    const next = await at.opened('ann', browser.outbox('tabs', locks));
    await breath(at);
    expect(next.provider.text.toString()).toBe('offline');
    expect(next.provider.saved).toBe(true);
    expect(at.document.text).toBe('offline');
    await breath(at);
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
