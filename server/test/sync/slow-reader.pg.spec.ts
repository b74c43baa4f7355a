import { afterAll, afterEach, beforeAll, expect, it } from '@jest/globals';
import * as Y from 'yjs';
import type { SocketPeer } from '../../src/platform/sockets/socket-peer.js';
import { eventually } from '../../src/testing/eventually.js';
import { patience } from '../../src/testing/patience.js';
import { accepted } from '../support/plain-client.js';
import { PlainEditor } from '../support/plain-editor.js';
import { storedFingerprint } from '../support/stored-updates.js';
import { type Person, SyncWorld } from '../support/sync-world.js';

/** What a reader may cost, and one frame. */
const MAX_BACKLOG = 1024 * 1024 + 128 * 1024;
const CHUNK = 100_000;
/** More than the kernel takes for a reader that does not read. */
const LARGE = 32_000_000;

let world: SyncWorld;
let ada: Person;
let bob: Person;
let eve: Person;

beforeAll(async () => {
  world = await SyncWorld.start({
    compactBytes: 1024 * 1024 * 1024,
  });
  [ada, bob, eve] = await Promise.all([world.person('Ada'), world.person('Bob'), world.person('Eve')]);
});
afterEach(() => world?.hangUp());
afterAll(() => world?.stop());

const backlogs = (documentId: string) =>
  [...world.engine.rooms.get(documentId)!.sessions].map((session) => (session.peer as SocketPeer).backlog);

/** Types until a frame was left out for the slow one, and so many more; the largest backlog, and the slowest save in ms. */
async function typeAhead(writer: PlainEditor, slow: PlainEditor, more: number) {
  const { documentId } = slow;
  const isLagging = () =>
    [...world.engine.rooms.get(documentId)!.sessions].some(
      (session) => session.isLagging && session.userId === bob.user.id,
    );
  let most = 0;
  let slowest = 0;
  for (let left = more; left > 0; ) {
    const typedAt = performance.now();
    await writer.type(`${left}`.padEnd(CHUNK, '.'));
    slowest = Math.max(slowest, performance.now() - typedAt);
    most = Math.max(most, ...backlogs(documentId));
    if (isLagging()) left--;
  }
  return { most, slowest };
}

async function three() {
  const { documentId } = await world.share(ada, [
    [bob, 'viewer'],
    [eve, 'editor'],
  ]);
  const writer = await PlainEditor.open(await world.connect(ada), documentId);
  const peer = await PlainEditor.open(await world.connect(eve), documentId);
  const slow = await PlainEditor.open(await world.connect(bob), documentId);
  slow.client.websocket.pause();
  return { documentId, writer, peer, slow };
}

it('DOC-21 D6 F18: a reader that stopped reading costs a bounded amount, is brought up by a resync, and slows nobody', async () => {
  const { documentId, writer, peer, slow } = await three();
  const { most, slowest } = await typeAhead(writer, slow, 3);
  expect(slow.frames.length).toBe(0);
  expect(most).toBeGreaterThan(500_000);
  expect(most).toBeLessThan(MAX_BACKLOG);
  expect(slowest).toBeLessThan(4_000 * patience());
  await peer.shows(writer.text);
  expect(peer.client.told('document:resync')).toEqual([]);

  const seq = world.engine.rooms.get(documentId)!.state.seq;
  slow.client.websocket.resume();
  const resync = await slow.client.hears('document:resync');
  expect(resync).toMatchObject({ seq, epoch: 1 });
  expect(slow.client.told('document:update').length).toBeLessThan(seq);
  await slow.shows(writer.text);
  expect(slow.fingerprint).toEqual(writer.fingerprint);
  expect(Y.decodeStateVector(resync.stateVector)).toEqual(Y.decodeStateVector(Y.encodeStateVector(writer.doc)));
  await writer.type('!');
  await slow.shows((text) => text.endsWith('!'));
  expect(slow.client.told('document:update').at(-1)).toMatchObject({ fromSeq: seq + 1, seq: seq + 1 });
  expect(await storedFingerprint(world.sql, documentId)).toEqual(slow.fingerprint);
});

it('DOC-21 DOC-46 D6 F18: what is too much for one frame is not sent as one: the reader opens again, and gets it in pieces', async () => {
  const { documentId, writer, peer, slow } = await three();
  let largest = 0;
  slow.client.websocket.on('message', (data: Buffer) => {
    largest = Math.max(largest, data.length);
  });
  await typeAhead(writer, slow, 40);
  slow.client.websocket.resume();
  // A slow disk may be told of before.
  const closed = () => slow.client.told('document:status').filter(({ state }) => state === 'closed');
  await eventually('it is told to open again', () => closed().length > 0);
  expect(closed()[0]).toEqual({ documentId, state: 'closed', reopen: true });
  await slow.shows(writer.text);
  expect(slow.client.told('document:piece').length).toBeGreaterThan(10);
  expect(largest).toBeLessThan(600_000);
  expect(slow.fingerprint).toEqual(writer.fingerprint);
  expect(peer.client.told('document:status').filter(({ state }) => state === 'closed')).toEqual([]);
  await writer.type('!');
  await Promise.all([peer, slow].map((reader) => reader.shows((text) => text.endsWith('!'))));
});

it('D6 A21: a client that asks and does not read the answers is not read either', async () => {
  const { documentId } = await world.share(ada, [], { text: 'x'.repeat(400_000) });
  const client = await world.connect(ada);
  await PlainEditor.open(client, documentId);
  client.websocket.pause();
  const before = process.memoryUsage().arrayBuffers;
  const asked = Array.from({ length: 150 }, () =>
    client.ask('document:open', { documentId, stateVector: new Uint8Array([0]) }),
  );
  const honest = await PlainEditor.open(await world.connect(ada), documentId);
  for (let i = 0; i < 30; i++) await honest.type('.');
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(40_000_000);
  client.websocket.resume();
  const answers = await Promise.all(asked);
  expect(answers.every(({ ok }) => ok)).toBe(true);
});

it('DOC-25 D6: who lost the right to read while his backlog was full is told when he reads again', async () => {
  const { documentId, projectId } = await world.share(ada, [[bob, 'viewer']]);
  const writer = await PlainEditor.open(await world.connect(ada), documentId);
  const slow = await PlainEditor.open(await world.connect(bob), documentId);
  slow.client.websocket.pause();
  for (let i = 0; i < 120; i++) await writer.type(`${i}`.padEnd(CHUNK, '.'));
  await world.rest(ada, 'DELETE', `/projects/${projectId}/members/${bob.user.id}`);
  await world.roomHas(documentId, 1);
  const heard = slow.client.told('document:update').length;
  slow.client.websocket.resume();
  expect(await slow.client.hears('document:status', ({ state }) => state === 'closed')).toEqual({
    documentId,
    state: 'closed',
  });
  await eventually('nothing more comes', () => slow.client.events.at(-1)?.name === 'document:status');
  expect(slow.client.told('document:resync')).toEqual([]);
  expect(heard).toBe(0);
});

it('DOC-25 D8: who loses the right to read while a large document comes in pieces gets no more of them', async () => {
  const { documentId, projectId } = await world.share(ada, [[bob, 'viewer']]);
  const whole = new Y.Doc();
  whole.getText('content').insert(0, 'x'.repeat(LARGE));
  await world.store(documentId, ada, [Y.encodeStateAsUpdate(whole)]);
  const client = await world.connect(bob);
  client.websocket.pause();
  const answer = client.ask('document:open', { documentId });
  await world.roomHas(documentId, 1);
  await eventually('pieces wait for the reader', () => Math.max(...backlogs(documentId)) > 500_000);
  await world.rest(ada, 'DELETE', `/projects/${projectId}/members/${bob.user.id}`);
  await world.roomHas(documentId, 0);
  client.websocket.resume();
  expect(await client.hears('document:status', ({ state }) => state === 'closed')).toEqual({
    documentId,
    state: 'closed',
  });
  // Behind everything that the server may have written.
  await client.ask('document:close', { documentId });
  expect(client.events.at(-1)?.name).toBe('document:status');
  expect(client.told('document:piece').length).toBeLessThan((await accepted(answer)).pieces! / 2);
});
