import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { WireError } from '@tandem/protocol';
import { Awareness, applyAwarenessUpdate, encodeAwarenessUpdate } from 'y-protocols/awareness';
import * as Y from 'yjs';
import { eventually } from '../../src/testing/eventually.js';
import { patience } from '../../src/testing/patience.js';
import { accepted, type PlainClient, refusedWith } from '../support/plain-client.js';
import { PlainEditor } from '../support/plain-editor.js';
import { type Person, type Shared, SyncWorld } from '../support/sync-world.js';

const BURST = 30;
const BURST_OF_A_PERSON = 45;

let world: SyncWorld;
let ada: Person;
let bob: Person;
let shared: Shared;

beforeAll(async () => {
  world = await SyncWorld.start({
    limits: { requestBurst: BURST, requestRate: 10, awarenessRate: 5, messageRate: 200, messageByteRate: 100_000 },
    capacity: { requestBurstPerUser: BURST_OF_A_PERSON, requestRatePerUser: 5 },
  });
  [ada, bob] = await Promise.all([world.person('Ada'), world.person('Bob')]);
  shared = await world.share(ada, [[bob, 'editor']]);
});
afterEach(() => world?.hangUp());
afterAll(() => world?.stop());

const closeOnce = (client: PlainClient) => client.ask('document:close', { documentId: shared.documentId });

async function outcomes(client: PlainClient, count: number): Promise<(WireError | 'ok')[]> {
  const answers = await Promise.all(Array.from({ length: count }, () => closeOnce(client)));
  return answers.map((answer) => (answer.ok ? 'ok' : answer.error));
}

describe('requests', () => {
  it('LIM-5 A21: what is over the burst is rate_limited, and let through when it has waited as long as it was told', async () => {
    const client = await world.connect(await world.person());
    const all = await outcomes(client, BURST + 10);
    expect(all.filter((outcome) => outcome === 'ok').length).toBeGreaterThanOrEqual(BURST);
    const refused = all.filter((outcome) => outcome !== 'ok');
    expect(refused.length).toBeGreaterThan(0);
    for (const error of refused) {
      expect(error).toMatchObject({ code: 'rate_limited', retry: 'later', retryAfterMs: expect.any(Number) });
      expect(error.retryAfterMs).toBeGreaterThan(0);
    }
    await new Promise((resolve) => setTimeout(resolve, refused.at(-1)!.retryAfterMs));
    await accepted(closeOnce(client));
  });

  it('LIM-5 A15 A21: what is unknown or malformed is counted too', async () => {
    const client = await world.connect(await world.person());
    const asked = Array.from({ length: BURST + 10 }, (_, n) =>
      refusedWith(n % 2 ? client.askRaw('made up') : client.askRaw('document:open', { documentId: n })),
    );
    const codes = new Set((await Promise.all(asked)).map(({ code }) => code));
    expect(codes).toEqual(new Set(['unknown_message', 'bad_request', 'rate_limited']));
  });

  it('LIM-5 A21: connections of one person share a rate, and a new connection does not begin anew', async () => {
    const person = await world.person();
    const [one, other] = [await world.connect(person), await world.connect(person)];
    expect((await outcomes(one, BURST)).every((outcome) => outcome === 'ok')).toBe(true);
    const second = await outcomes(other, BURST);
    expect(second.filter((outcome) => outcome === 'ok').length).toBeLessThan(BURST);
    const third = await outcomes(await world.connect(person), 5);
    expect(third.filter((outcome) => outcome !== 'ok').length).toBeGreaterThan(0);
  });

  it('LIM-5 A21: who goes on asking is closed, told why and when to come back; others are not', async () => {
    const honest = await PlainEditor.open(await world.connect(ada), shared.documentId);
    const client = await world.connect(await world.person());
    for (let n = 0; n < 2000; n++) client.sendRaw('document:close', { documentId: shared.documentId });
    const closed = await client.hears('session:closed');
    expect(closed).toMatchObject({ code: 'rate_limited', message: expect.any(String) });
    expect(closed.retryAfterMs).toBeGreaterThanOrEqual(10_000);
    await eventually('the connection ends', () => !client.isConnected);
    expect(await honest.type('!')).toBeGreaterThan(0);
  });
});

describe('edits', () => {
  it('LIM-7 DOC-38 V4: edits over the rate are read later: all are stored, in order, and none is refused', async () => {
    const { documentId } = await world.share(ada);
    const editor = await PlainEditor.open(await world.connect(ada), documentId);
    const since = performance.now();
    // Two messages each: 400 at once, and 200 in a second; of the last read, which may bring 500, all are taken.
    const seqs = await Promise.all(Array.from({ length: 800 }, () => editor.type('x')));
    expect(performance.now() - since).toBeGreaterThan(2000);
    expect(seqs).toEqual(Array.from({ length: 800 }, (_, n) => n + 1));
    expect(editor.client.isConnected).toBe(true);
    expect(editor.client.told('session:closed')).toEqual([]);
  });

  it('LIM-7: bytes over the rate are read later, and the connection outlives it', async () => {
    const { documentId } = await world.share(ada);
    const editor = await PlainEditor.open(await world.connect(ada), documentId);
    const since = performance.now();
    const seqs = await Promise.all(Array.from({ length: 10 }, () => editor.type('x'.repeat(50_000))));
    expect(performance.now() - since).toBeGreaterThan(1500);
    expect(seqs).toHaveLength(10);
    expect(editor.client.isConnected).toBe(true);
  });

  it('LIM-7: who waits keeps nobody waiting', async () => {
    const { documentId } = await world.share(ada, [[bob, 'editor']]);
    const fast = await PlainEditor.open(await world.connect(ada), documentId);
    const slow = await PlainEditor.open(await world.connect(bob), documentId);
    const flood = Promise.all(Array.from({ length: 500 }, () => fast.type('x')));
    for (let n = 0; n < 10; n++) {
      const since = performance.now();
      await slow.type('.');
      expect(performance.now() - since).toBeLessThan(1500 * patience());
    }
    await flood;
  });
});

describe('cursors', () => {
  it('LIM-6 F27: of cursors over the rate the newest is shown, and nothing is refused', async () => {
    const { documentId } = await world.share(ada, [[bob, 'editor']]);
    const [mover, watcher] = [await world.connect(ada), await world.connect(bob)];
    const doc = new Y.Doc();
    await accepted(mover.ask('document:open', { documentId, clientId: doc.clientID }));
    await accepted(watcher.ask('document:open', { documentId }));
    const seen = new Awareness(new Y.Doc());
    watcher.on('awareness:update', ({ update }) => applyAwarenessUpdate(seen, update, 'server'));
    const own = new Awareness(doc);
    for (let at = 1; at <= 60; at++) {
      own.setLocalState({ at });
      mover.sendRaw('awareness:update', { documentId, update: encodeAwarenessUpdate(own, [doc.clientID]) });
    }
    await eventually('the last position is seen', () => seen.getStates().get(doc.clientID)?.at === 60);
    // Ten at once, then the newest of the rest.
    expect(watcher.told('awareness:update').length).toBeLessThan(20);
    expect(mover.told('server:error')).toEqual([]);
    own.destroy();
    seen.destroy();
  });

  it('LIM-6: a cursor that waits for its turn does not outlive its document', async () => {
    const [left, kept] = await Promise.all([world.share(ada), world.share(ada)]);
    const client = await world.connect(ada);
    const doc = new Y.Doc();
    for (const { documentId } of [left, kept]) {
      await accepted(client.ask('document:open', { documentId, clientId: doc.clientID }));
    }
    const own = new Awareness(doc);
    const move = (documentId: string) => {
      own.setLocalState({ at: own.getLocalState()?.at + 1 });
      client.sendRaw('awareness:update', { documentId, update: encodeAwarenessUpdate(own, [doc.clientID]) });
    };
    for (let n = 0; n < 30; n++) move(left.documentId);
    await accepted(client.ask('document:close', { documentId: left.documentId }));
    const watchers = await Promise.all(
      [left, kept].map(async ({ documentId }) => PlainEditor.open(await world.connect(ada), documentId)),
    );
    // It waits behind the one of the document that was closed.
    move(kept.documentId);
    await watchers[1]!.client.hears('awareness:update');
    expect(watchers[0]!.client.told('awareness:update')).toEqual([]);
    expect(client.told('server:error')).toEqual([]);
    own.destroy();
  });
});
