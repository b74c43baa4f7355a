import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { Awareness, applyAwarenessUpdate, encodeAwarenessUpdate, removeAwarenessStates } from 'y-protocols/awareness';
import * as Y from 'yjs';
import { eventually } from '../../src/testing/eventually.js';
import { type PlainClient, refusedWith } from '../support/plain-client.js';
import { PlainEditor } from '../support/plain-editor.js';
import { type Person, SyncWorld } from '../support/sync-world.js';

let world: SyncWorld;
let ada: Person;
let bob: Person;
let eve: Person;
const made: Awareness[] = [];

beforeAll(async () => {
  world = await SyncWorld.start();
  [ada, bob, eve] = await Promise.all([world.person('Ada'), world.person('Bob'), world.person('Eve')]);
});
afterEach(async () => {
  for (const awareness of made.splice(0)) awareness.destroy();
  await world?.hangUp();
});
afterAll(() => world?.stop());

interface State {
  user: { id: string; name: string; color: string; colorLight: string };
  [field: string]: unknown;
}

/** An editor whose y-protocols awareness follows what the server tells. */
async function present(client: PlainClient, documentId: string, doc = new Y.Doc()) {
  const awareness = new Awareness(doc);
  made.push(awareness);
  client.on('awareness:update', ({ update, documentId: of }) => {
    if (of === documentId) applyAwarenessUpdate(awareness, update, 'server');
  });
  const editor = await PlainEditor.open(client, documentId, { doc });
  if (editor.opened.awareness) applyAwarenessUpdate(awareness, editor.opened.awareness, 'server');
  const encode = () => encodeAwarenessUpdate(awareness, [doc.clientID]);
  return {
    ...editor,
    client,
    doc,
    awareness,
    encode,
    /** Not answered when it is taken. */
    show: (state: object) => {
      awareness.setLocalState(state as Record<string, unknown>);
      client.sendRaw('awareness:update', { documentId, update: encode() });
    },
    sees: (other: Y.Doc) => awareness.getStates().get(other.clientID) as State | undefined,
  };
}

const share = () =>
  world.share(ada, [
    [bob, 'editor'],
    [eve, 'viewer'],
  ]);

describe('presence', () => {
  it('AWR-2 AWR-3 A12: a cursor reaches the others at once, under the name that the token says', async () => {
    const { documentId } = await share();
    const [a, b] = [
      await present(await world.connect(ada), documentId),
      await present(await world.connect(bob), documentId),
    ];
    const forged = { id: bob.user.id, name: 'Bob', color: 'red', colorLight: 'pink', isAdmin: true };
    a.show({ user: forged, cursor: { anchor: 1, head: 2 }, mode: 'insert' });
    await eventually('the cursor is seen', () => b.sees(a.doc) !== undefined);
    const state = b.sees(a.doc)!;
    expect(state).toMatchObject({ cursor: { anchor: 1, head: 2 }, mode: 'insert' });
    expect(state.user).toEqual({
      id: ada.user.id,
      name: 'Ada',
      color: expect.stringMatching(/^#/),
      colorLight: expect.stringMatching(/^#/),
    });
    expect(a.client.told('awareness:update')).toEqual([]);
  });

  it('AWR-3: a viewer shows a cursor too, and nobody outside the document hears of any', async () => {
    const { documentId, projectId } = await share();
    const other = await world.addDocument(ada, projectId);
    const a = await present(await world.connect(ada), documentId);
    const outside = await present(await world.connect(bob), other);
    const viewer = await present(await world.connect(eve), documentId);
    viewer.show({ cursor: 5 });
    await eventually('the viewer is seen', () => a.sees(viewer.doc)?.user.name === 'Eve');
    expect(outside.client.told('awareness:update')).toEqual([]);
  });

  it('DOC-1 AWR-3: who comes later gets everybody else in the answer to the open', async () => {
    const { documentId } = await share();
    const a = await present(await world.connect(ada), documentId);
    const b = await present(await world.connect(bob), documentId);
    a.show({ cursor: 1 });
    b.show({ cursor: 2 });
    await eventually('both are known', () => !!b.sees(a.doc) && !!a.sees(b.doc));
    const late = await present(await world.connect(eve), documentId);
    expect([late.sees(a.doc)?.cursor, late.sees(b.doc)?.cursor]).toEqual([1, 2]);
    expect(late.client.told('awareness:update')).toEqual([]);
  });

  it.each(['disconnect', 'terminate', 'close'] as const)(
    'AWR-4 DOC-7: a session that ends by %s is removed for the others',
    async (how) => {
      const { documentId } = await share();
      const a = await present(await world.connect(ada), documentId);
      const b = await present(await world.connect(bob), documentId);
      a.show({ cursor: 1 });
      await eventually('the cursor is seen', () => b.sees(a.doc) !== undefined);
      if (how === 'disconnect') a.client.disconnect();
      if (how === 'terminate') a.client.websocket.terminate();
      if (how === 'close') await a.client.ask('document:close', { documentId });
      await eventually('the cursor is gone', () => b.sees(a.doc) === undefined);
      const late = await present(await world.connect(eve), documentId);
      expect(late.sees(a.doc)).toBeUndefined();
    },
  );

  it('AWR-4 AWR-5: an editor who comes back under the same client id is seen again', async () => {
    const { documentId } = await share();
    const b = await present(await world.connect(bob), documentId);
    const doc = new Y.Doc();
    for (let round = 1; round <= 3; round++) {
      const a = await present(await world.connect(ada), documentId, doc);
      // A fresh awareness begins at clock 0 again, which y-protocols would ignore.
      a.show({ round });
      await eventually(`seen in round ${round}`, () => b.sees(doc)?.round === round);
      a.client.disconnect();
      await eventually(`gone in round ${round}`, () => b.sees(doc) === undefined);
    }
  });

  it('AWR-4: who takes its own state back is gone for the others', async () => {
    const { documentId } = await share();
    const a = await present(await world.connect(ada), documentId);
    const b = await present(await world.connect(bob), documentId);
    a.show({ cursor: 1 });
    await eventually('the cursor is seen', () => b.sees(a.doc) !== undefined);
    removeAwarenessStates(a.awareness, [a.doc.clientID], 'local');
    a.client.sendRaw('awareness:update', { documentId, update: a.encode() });
    await eventually('the cursor is gone', () => b.sees(a.doc) === undefined);
  });
});

describe('hostile awareness', () => {
  const craft = (states: [clientId: number, clock: number, json: string][]) => {
    const doc = new Y.Doc();
    const awareness = new Awareness(doc);
    made.push(awareness);
    awareness.states.clear();
    for (const [clientId, clock, json] of states) {
      awareness.states.set(clientId, { toJSON: () => JSON.parse(json) as unknown });
      awareness.meta.set(clientId, { clock, lastUpdated: 0 });
    }
    return encodeAwarenessUpdate(
      awareness,
      states.map(([clientId]) => clientId),
    );
  };

  it.each<[what: string, code: string, build: (me: number, victim: number) => Uint8Array]>([
    ['a state for another user’s client id', 'not_your_client_id', (_, victim) => craft([[victim, 9, '{"cursor":9}']])],
    ['the removal of another user', 'not_your_client_id', (_, victim) => craft([[victim, 9, 'null']])],
    [
      'another user’s id beside the own one',
      'not_your_client_id',
      (me, victim) =>
        craft([
          [me, 1, '{}'],
          [victim, 9, '{"cursor":9}'],
        ]),
    ],
    ['a key __proto__', 'bad_key', (me) => craft([[me, 1, '{"__proto__":{"isAdmin":true}}']])],
    ['a key constructor further down', 'bad_key', (me) => craft([[me, 1, '{"a":[{"constructor":1}]}']])],
    ['a state over the limit', 'too_large', (me) => craft([[me, 1, JSON.stringify({ x: 'x'.repeat(5000) })]])],
    ['65 client ids', 'too_large', (me) => craft(Array.from({ length: 65 }, (_, i) => [me + i, 1, '{}']))],
    ['a state that is a list', 'bad_request', (me) => craft([[me, 1, '[1]']])],
    ['a state that is a string', 'bad_request', (me) => craft([[me, 1, '"x"']])],
    ['a state nested 100 deep', 'bad_request', (me) => craft([[me, 1, `{"a":${'['.repeat(100)}${']'.repeat(100)}}`]])],
    ['a clock with nothing above it', 'bad_request', (me) => craft([[me, Number.MAX_SAFE_INTEGER, '{}']])],
    ['no bytes', 'bad_request', () => new Uint8Array()],
    ['four billion declared states', 'bad_request', () => new Uint8Array([255, 255, 255, 255, 15])],
    ['bytes left over', 'bad_request', (me) => Buffer.concat([craft([[me, 1, '{}']]), new Uint8Array(1)])],
    ['no JSON', 'bad_request', () => new Uint8Array([1, 5, 1, 1, 0x7b])],
  ])('AWR-1 AWR-2 A9 A12: %s is %s, and the others see nothing of it', async (_what, code, build) => {
    const { documentId } = await share();
    const [a, b] = [
      await present(await world.connect(ada), documentId),
      await present(await world.connect(bob), documentId),
    ];
    a.show({ cursor: 1 });
    await eventually('the cursor is seen', () => b.sees(a.doc) !== undefined);
    const update = build(b.doc.clientID, a.doc.clientID);
    expect((await refusedWith(b.client.ask('awareness:update', { documentId, update }))).code).toBe(code);
    b.show({ cursor: 2 });
    await eventually('the honest cursor is seen', () => a.sees(b.doc) !== undefined);
    expect(a.client.told('awareness:update')).toHaveLength(1);
    expect(b.sees(a.doc)?.cursor).toBe(1);
  });

  it('AWR-1 A12: a client id that was never used is bound to its first user', async () => {
    const { documentId } = await share();
    const a = await present(await world.connect(ada), documentId);
    const b = await present(await world.connect(bob), documentId);
    a.client.sendRaw('awareness:update', { documentId, update: craft([[4711, 1, '{"cursor":7}']]) });
    await eventually('it is seen', () => b.awareness.getStates().has(4711));
    const refusal = await refusedWith(
      b.client.ask('awareness:update', { documentId, update: craft([[4711, 2, '{}']]) }),
    );
    expect(refusal.code).toBe('not_your_client_id');
  });
});
