import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import * as Y from 'yjs';
import type { SocketPeer } from '../../src/platform/sockets/socket-peer.js';
import { eventually } from '../../src/testing/eventually.js';
import type { TestSettings } from '../../src/testing/test-app.js';
import { accepted, refusedWith } from '../support/plain-client.js';
import { PlainEditor } from '../support/plain-editor.js';
import { type Person, SyncWorld } from '../support/sync-world.js';

let world: SyncWorld;
let ada: Person;

function starts(capacity: TestSettings['capacity']): void {
  beforeAll(async () => {
    world = await SyncWorld.start({ capacity: { ...capacity } });
    ada = await world.person('Ada');
  });
  afterEach(() => world.hangUp());
  afterAll(() => world.stop());
}

const EDIT = 10_000;
/** What one read of a socket may bring before its sender is stopped, and the edit that it ends in. */
const READ = 64 * 1024 + 2 * EDIT;

describe('edits that wait for their commit', () => {
  starts({ roomQueueBytes: 200_000, commitQueueBytes: 600_000 });

  const queued = (documentId: string) => world.engine.rooms.get(documentId)!.overlay.bytes;

  it('F7 A21: those of one document stop at its bound: its senders are not read, and then all are stored', async () => {
    const { documentId } = await world.share(ada);
    const editors = await Promise.all(
      Array.from({ length: 4 }, async () => PlainEditor.open(await world.connect(ada), documentId)),
    );
    const other = await world.connect(ada);
    const release = await world.holdAppends(documentId);
    for (const editor of editors) for (let n = 0; n < 40; n++) editor.type('x'.repeat(EDIT)).catch(() => undefined);
    await eventually('the bound is reached', () => queued(documentId) > 200_000);
    // While these are answered, the server would have read far more of the others.
    for (let n = 0; n < 20; n++) await other.ask('document:close', { documentId });
    const most = queued(documentId);
    expect(most).toBeLessThan(200_000 + 4 * READ);
    await release();
    for (const editor of editors) expect(await editor.saved()).toHaveLength(40);
    expect(editors.every(({ client }) => client.isConnected)).toBe(true);
  });

  it('F7 A21: those of all documents stop at the bound of the node, and nobody is forgotten', async () => {
    const documents = await Promise.all(Array.from({ length: 8 }, () => world.share(ada)));
    const editors = await Promise.all(
      documents.map(async ({ documentId }) => PlainEditor.open(await world.connect(ada), documentId)),
    );
    const releases = await Promise.all(documents.map(({ documentId }) => world.holdAppends(documentId)));
    for (const editor of editors) for (let n = 0; n < 30; n++) editor.type('x'.repeat(EDIT)).catch(() => undefined);
    const sum = () => documents.reduce((bytes, { documentId }) => bytes + queued(documentId), 0);
    await eventually('the bound is reached', () => sum() > 500_000);
    const reader = await world.connect(ada);
    for (let n = 0; n < 20; n++) await reader.ask('document:close', { documentId: documents[0]!.documentId });
    // 2.4 MB were sent.
    expect(sum()).toBeLessThan(600_000 + 8 * READ);
    for (const release of releases) await release();
    for (const editor of editors) expect(await editor.saved()).toHaveLength(30);
  });
});

describe('documents in memory', () => {
  // A room is counted as 8 KiB and twice its text.
  starts({ openDocumentBytes: 3.5 * (8 * 1024 + 2 * 100_000) });

  const TEXT = 'x'.repeat(100_000);
  const isOpen = (documentId: string) => world.engine.rooms.get(documentId) !== undefined;

  it('LIM-8 G6: the longest idle go first, then no further one is opened until somebody leaves', async () => {
    const { projectId } = await world.share(ada);
    const documents = await Promise.all(
      Array.from({ length: 6 }, () => world.addDocument(ada, projectId, { text: TEXT })),
    );
    const client = await world.connect(ada);
    const open = (n: number) => client.ask('document:open', { documentId: documents[n]! });
    for (const n of [0, 1, 2]) await accepted(open(n));
    await accepted(client.ask('document:close', { documentId: documents[0]! }));
    await accepted(open(3));
    expect(isOpen(documents[0]!)).toBe(true);
    // Nobody is in the first: it makes way.
    await accepted(open(4));
    expect(isOpen(documents[0]!)).toBe(false);
    const refusal = await refusedWith(open(5));
    expect(refusal).toMatchObject({ code: 'overloaded', retry: 'later' });
    expect(refusal.retryAfterMs).toBeGreaterThan(0);
    // Those that are open are not touched.
    expect([1, 2, 3, 4].every((n) => isOpen(documents[n]!))).toBe(true);
    await accepted(open(1));
    await accepted(client.ask('document:close', { documentId: documents[1]! }));
    await accepted(open(5));
    expect(isOpen(documents[1]!)).toBe(false);
  });
});

describe('updates in parts', () => {
  starts({ uploadsBytes: 300_000 });

  it('LIM-8 A11: of all connections they share a bound; who finds no room comes back and is stored', async () => {
    const { documentId } = await world.share(ada);
    const [one, other] = await Promise.all([
      PlainEditor.open(await world.connect(ada), documentId),
      PlainEditor.open(await world.connect(ada), documentId),
    ]);
    const send = (who: PlainEditor, update: Uint8Array, part: number) =>
      who.client.ask('document:update', {
        documentId,
        update: update.subarray(part * 200_000, (part + 1) * 200_000),
        uploadId: 'u',
        part,
        parts: 2,
      });
    const paste = (who: PlainEditor) => who.prepare((text) => text.insert(0, 'x'.repeat(250_000)));
    await accepted(send(one, paste(one), 0));
    const update = paste(other);
    const refusal = await refusedWith(send(other, update, 0));
    expect(refusal).toMatchObject({ code: 'overloaded', retry: 'later' });
    expect(refusal.retryAfterMs).toBeGreaterThanOrEqual(1000);
    await accepted(one.client.ask('document:close', { documentId }));
    await accepted(send(other, update, 0));
    expect(await accepted(send(other, update, 1))).toMatchObject({ seq: 1 });
  });
});

describe('updates in parts of who may not write', () => {
  starts({ uploadsBytes: 300_000 });

  it('LIM-8 A11 A44: are refused one by one, and hold nothing', async () => {
    const [viewer, commenter] = await Promise.all([world.person('Vera'), world.person('Carl')]);
    const { documentId } = await world.share(ada, [
      [viewer, 'viewer'],
      [commenter, 'commenter'],
    ]);
    for (const person of [viewer, commenter]) {
      const { client } = await PlainEditor.open(await world.connect(person), documentId);
      const part = { documentId, update: new Uint8Array(200_000), uploadId: 'u', part: 0, parts: 2 };
      expect(await refusedWith(client.ask('document:update', part))).toMatchObject({ code: 'forbidden' });
    }
    const { client, doc } = await PlainEditor.open(await world.connect(ada), documentId);
    doc.getText('content').insert(0, 'x'.repeat(250_000));
    const update = Y.encodeStateAsUpdate(doc);
    for (const part of [0, 1]) {
      const bytes = update.subarray(part * 200_000, (part + 1) * 200_000);
      await accepted(client.ask('document:update', { documentId, update: bytes, uploadId: 'u', part, parts: 2 }));
    }
  });

  it('LIM-8 A11: what came of one ends with the right to write', async () => {
    const bob = await world.person('Bob');
    const { projectId, documentId } = await world.share(ada, [[bob, 'editor']]);
    const { client } = await PlainEditor.open(await world.connect(bob), documentId);
    const send = (part: number) =>
      client.ask('document:update', { documentId, update: new Uint8Array(100_000), uploadId: 'u', part, parts: 9 });
    await accepted(send(0));
    await world.rest(ada, 'PATCH', `/projects/${projectId}/members/${bob.user.id}`, { role: 'viewer' });
    await client.hears('document:role');
    expect(await refusedWith(send(1))).toMatchObject({ code: 'forbidden' });
    const other = await PlainEditor.open(await world.connect(ada), documentId);
    const whole = { documentId, update: new Uint8Array(290_000), uploadId: 'v', part: 0, parts: 2 };
    await accepted(other.client.ask('document:update', whole));
  });
});

describe('what waits for readers', () => {
  starts({ outboundBytes: 600_000 });

  it('D6 F18: when too much waits for all, each is left out sooner, and is made good when it reads again', async () => {
    const { documentId } = await world.share(ada);
    const writer = await PlainEditor.open(await world.connect(ada), documentId);
    const slow = await Promise.all(
      Array.from({ length: 3 }, async () => PlainEditor.open(await world.connect(ada), documentId)),
    );
    for (const { client } of slow) client.websocket.pause();
    const peers = () => [...world.engine.rooms.get(documentId)!.sessions].map(({ peer }) => peer as SocketPeer);
    const most = () => Math.max(...peers().map(({ backlog }) => backlog));
    // What the kernel takes is not counted.
    for (let n = 0; most() < 250_000; n++) await writer.type(`${n}`.padEnd(100_000, '.'));
    await eventually('the bound is seen', () => peers().every(({ maxBacklog }) => maxBacklog < 100_000));
    const before = most();
    for (let n = 0; n < 20; n++) await writer.type(`${n}`.padEnd(100_000, '.'));
    // Besides the pings of the transport.
    expect(most()).toBeLessThan(before + 100);
    for (const { client } of slow) client.websocket.resume();
    for (const reader of slow) await reader.shows(writer.text);
    await eventually('there is plenty again', () => peers().every(({ maxBacklog }) => maxBacklog > 1_000_000));
  });
});
