import { afterAll, afterEach, beforeAll, expect, it } from '@jest/globals';
import * as Y from 'yjs';
import type { SocketPeer } from '../../src/platform/sockets/socket-peer.js';
import { eventually } from '../../src/testing/eventually.js';
import { PlainEditor } from '../support/plain-editor.js';
import { storedFingerprint } from '../support/stored-updates.js';
import { type Person, SyncWorld } from '../support/sync-world.js';

/** What a reader may cost, and one frame. */
const MAX_BACKLOG = 1024 * 1024 + 128 * 1024;
const CHUNK = 100_000;

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

it('DOC-21 D6 F18: a reader that stopped reading costs a bounded amount, is brought up by a resync, and slows nobody', async () => {
  const { documentId } = await world.share(ada, [
    [bob, 'viewer'],
    [eve, 'editor'],
  ]);
  const writer = await PlainEditor.open(await world.connect(ada), documentId);
  const peer = await PlainEditor.open(await world.connect(eve), documentId);
  const slow = await PlainEditor.open(await world.connect(bob), documentId);
  slow.client.websocket.pause();
  let most = 0;
  let slowest = 0;
  const sizes: number[] = [];
  for (let i = 0; i < 160; i++) {
    const typedAt = performance.now();
    const at = writer.doc.getText('content').length;
    await writer.type(`${i}`.padEnd(CHUNK, '.'));
    slowest = Math.max(slowest, performance.now() - typedAt);
    sizes.push(at);
    most = Math.max(most, ...backlogs(documentId));
  }
  expect(slow.frames.length).toBe(0);
  expect(most).toBeGreaterThan(500_000);
  expect(most).toBeLessThan(MAX_BACKLOG);
  expect(slowest).toBeLessThan(4_000);
  await peer.shows((text) => text.length === 160 * CHUNK);
  expect(peer.client.told('document:resync')).toEqual([]);

  slow.client.websocket.resume();
  const resync = await slow.client.hears('document:resync');
  expect(resync).toMatchObject({ seq: 160, epoch: 1 });
  expect(slow.client.told('document:update').length).toBeLessThan(160);
  await slow.shows((text) => text.length === 160 * CHUNK);
  expect(slow.fingerprint).toEqual(writer.fingerprint);
  expect(Y.decodeStateVector(resync.stateVector)).toEqual(Y.decodeStateVector(Y.encodeStateVector(writer.doc)));
  await writer.type('!');
  await slow.shows((text) => text.endsWith('!'));
  expect(slow.client.told('document:update').at(-1)).toMatchObject({ fromSeq: 161, seq: 161 });
  expect(await storedFingerprint(world.sql, documentId)).toEqual(slow.fingerprint);
});

it('D6 A21: a client that asks and does not read the answers is not read either', async () => {
  const { documentId } = await world.share(ada, [], { text: 'x'.repeat(400_000) });
  const client = await world.connect(ada);
  await PlainEditor.open(client, documentId);
  client.websocket.pause();
  const before = process.memoryUsage().arrayBuffers;
  const asked = Array.from({ length: 300 }, () =>
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
  expect(await slow.client.hears('document:status')).toEqual({ documentId, state: 'closed' });
  await eventually('nothing more comes', () => slow.client.events.at(-1)?.name === 'document:status');
  expect(slow.client.told('document:resync')).toEqual([]);
  expect(heard).toBe(0);
});
