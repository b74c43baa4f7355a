import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { decodePacked, encodePackedUpdate, type PackedMessage } from '@tandem/protocol';
import * as Y from 'yjs';
import { eventually } from '../../src/testing/eventually.js';
import { accepted, type PlainClient } from '../support/plain-client.js';
import { type Person, SyncWorld } from '../support/sync-world.js';

/** A client that announced packed frames and has the stock parser: what comes packed is read, and noted, below it. */
interface PackedClient {
  readonly client: PlainClient;
  readonly packed: PackedMessage[];
  /** Sends one binary frame, as it is. */
  send(...frames: Uint8Array[]): void;
}

let world: SyncWorld;
let ada: Person;
let documentId: string;

beforeAll(async () => {
  world = await SyncWorld.start();
  ada = await world.person();
});
afterAll(() => world?.stop());

async function packedClient(): Promise<PackedClient> {
  const client = world.dial({ token: ada.accessToken, protocol: 1, packed: 1 });
  await client.greeted();
  const packed: PackedMessage[] = [];
  const { decoder } = client.socket.io as unknown as {
    decoder: { add(frame: unknown): void; reconstructor: unknown; emitReserved(event: string, packet: object): void };
  };
  const add = decoder.add.bind(decoder);
  decoder.add = (frame) => {
    if (typeof frame === 'string' || decoder.reconstructor) {
      add(frame);
      return;
    }
    for (const message of decodePacked(new Uint8Array(frame as Buffer))) {
      packed.push(message);
      // Socket.IO's packet of an answer.
      if ('ackId' in message) {
        decoder.emitReserved('decoded', {
          type: 3,
          nsp: '/',
          id: message.ackId,
          data: [{ ok: true, seq: message.seq }],
        });
      }
    }
  };
  const engine = client.socket.io.engine as unknown as { write(frame: Uint8Array): void };
  const send = (...frames: Uint8Array[]) => {
    for (const frame of frames) engine.write(frame);
  };
  return { client, packed, send };
}

/** The updates of a word, one for each character. */
function typed(word: string): { doc: Y.Doc; updates: Uint8Array[] } {
  const doc = new Y.Doc();
  const updates: Uint8Array[] = [];
  doc.on('update', (update: Uint8Array) => updates.push(update));
  for (const [index, character] of [...word].entries()) doc.getText('content').insert(index, character);
  return { doc, updates };
}

async function openTwo(): Promise<[PackedClient, PackedClient]> {
  ({ documentId } = await world.share(ada));
  const both: [PackedClient, PackedClient] = [await packedClient(), await packedClient()];
  for (const { client } of both) await accepted(client.ask('document:open', { documentId }));
  return both;
}

test('PCK-1: packed frames are for those who announced them; hello says so', async () => {
  const packed = await packedClient();
  const stock = await world.connect(ada);
  expect((await packed.client.greeted()).packed).toBe(1);
  expect((await stock.greeted()).packed).toBeUndefined();
});

test('PCK-2: edits go both ways packed, and their answers too', async () => {
  const [author, reader] = await openTwo();
  const { doc, updates } = typed('ab');
  author.send(...updates.map((update, index) => encodePackedUpdate(100 + index, documentId, update)));
  await eventually('both are saved', () => author.packed.filter((message) => 'ackId' in message).length === 2);
  expect(author.packed.filter((message) => 'ackId' in message)).toEqual([
    { ackId: 100, seq: 1 },
    { ackId: 101, seq: 2 },
  ]);
  const copy = new Y.Doc();
  await eventually('the other has both', () => {
    for (const message of reader.packed.splice(0)) {
      if ('event' in message) Y.applyUpdate(copy, message.body.update as Uint8Array);
    }
    return copy.getText('content').toString() === 'ab';
  });
  expect(Y.encodeStateVector(copy)).toEqual(Y.encodeStateVector(doc));
  // Nothing of it came as a stock event besides.
  expect(reader.client.told('document:update')).toEqual([]);
});

test('PCK-2: a stock reader gets stock frames of what was sent packed', async () => {
  const [author] = await openTwo();
  const stock = await world.connect(ada);
  await accepted(stock.ask('document:open', { documentId }));
  const { updates } = typed('x');
  author.send(encodePackedUpdate(1, documentId, updates[0]!));
  expect((await stock.hears('document:update')).seq).toBe(1);
});

test('PCK-4, CON-8: packed and stock requests of one connection are handled in their order', async () => {
  const [author] = await openTwo();
  const { updates } = typed('abcdef');
  const answers: Promise<{ ok: boolean; seq?: number }>[] = [];
  for (const [index, update] of updates.entries()) {
    // Each builds on the one before: another order would be a gap.
    if (index % 2 === 0) author.send(encodePackedUpdate(1000 + index, documentId, update));
    else answers.push(author.client.askRaw('document:update', { documentId, update }) as never);
  }
  for (const answer of answers) expect((await answer).ok).toBe(true);
  expect(await world.rows(documentId)).toHaveLength(6);
});

test('PCK-3: a refusal is a stock packet under the ack id of the request', async () => {
  const [author] = await openTwo();
  const refusals: unknown[] = [];
  const { decoder } = author.client.socket.io as unknown as {
    decoder: { on(event: string, listener: (packet: object) => void): void };
  };
  decoder.on('decoded', (packet) => refusals.push(packet));
  author.send(encodePackedUpdate(77, documentId, new Uint8Array([1, 2, 3])));
  await eventually('it is refused', () => refusals.length > 0);
  expect(refusals[0]).toMatchObject({ id: 77, data: [{ ok: false, error: { code: 'malformed_update' } }] });
  expect(author.client.isConnected).toBe(true);
});

test.each([
  ['is cut', (frame: Uint8Array) => frame.subarray(0, frame.length - 1)],
  ['has a type that does not exist', () => new Uint8Array([7])],
  ['ends with half a message', (frame: Uint8Array) => Buffer.concat([frame, frame.subarray(0, 5)])],
])('PCK-5: a frame that %s ends its connection, and nothing of it is taken', async (_what, spoil) => {
  const [author, reader] = await openTwo();
  author.send(spoil(encodePackedUpdate(1, documentId, typed('x').updates[0]!)));
  await eventually('the connection is gone', () => !author.client.isConnected);
  expect(reader.client.isConnected).toBe(true);
  expect(await world.rows(documentId)).toEqual([]);
});

test('PCK-5: binary frames of one who did not announce them end its connection', async () => {
  const stock = await world.connect(ada);
  (stock.socket.io.engine as unknown as { write(frame: Uint8Array): void }).write(new Uint8Array([0]));
  await eventually('the connection is gone', () => !stock.isConnected);
});

test('A21: of a packed frame nothing is kept but the edits in it', async () => {
  const [author] = await openTwo();
  const { state } = world.engine.rooms.get(documentId)!;
  const refused = encodePackedUpdate(200, '00000000-0000-4000-8000-0000000000d1', new Uint8Array(900_000));
  for (const [index, update] of typed('abcd').updates.entries()) {
    author.send(Buffer.concat([encodePackedUpdate(100 + index, documentId, update), refused]));
    await eventually('it is stored', () => state.seq === index + 1);
    // The newest row as it lies in memory.
    expect(state.encodeSince(index)!.buffer.byteLength).toBeLessThan(10_000);
  }
});
