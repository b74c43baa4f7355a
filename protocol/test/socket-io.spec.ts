import { createServer, type Server as HttpServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { Server, type Socket } from 'socket.io';
import * as Y from 'yjs';
import { MemoryOutbox, TandemClient } from '../src/client/index.js';
import { DEFAULT_LIMITS } from '../src/index.js';
import { DOCUMENT } from './harness.js';
import { waitFor } from './wait-for.js';

let http: HttpServer;
let io: Server;
let client: TandemClient;
let sockets: Socket[];
let refuse: object | undefined;

beforeEach(async () => {
  http = createServer();
  io = new Server(http, { path: '/mounted/socket.io' });
  sockets = [];
  refuse = undefined;
  io.use((_socket, next) => next(refuse && Object.assign(new Error('refused'), { data: refuse })));
  io.on('connection', (socket) => {
    sockets.push(socket);
    socket.emit('server:hello', { node: 'n', protocol: 1, limits: DEFAULT_LIMITS, now: 0, userId: 'ann' });
  });
  http.listen(0, '127.0.0.1');
  await new Promise((resolve) => http.once('listening', resolve));
  const url = `http://127.0.0.1:${(http.address() as AddressInfo).port}/mounted`;
  client = new TandemClient({ url, token: 'a token', outbox: new MemoryOutbox(), random: () => 0.1 });
});
afterEach(async () => {
  await client.close();
  await io.close();
});

it('CON-1: connects by WebSocket alone, with token and protocol', async () => {
  await client.connect();
  expect(sockets[0]!.handshake.auth).toEqual({ token: 'a token', protocol: 1, packed: 1 });
  expect(sockets[0]!.conn.transport.name).toBe('websocket');
  expect(io.engine.clientsCount).toBe(1);
});

it('CON-5: reads the refusal of a handshake', async () => {
  refuse = { code: 'invalid_token', message: 'No', retry: 'never' };
  await expect(client.connect()).rejects.toMatchObject({ code: 'invalid_token', message: 'No' });
  expect(client.status).toBe('closed');
});

it('CON-11: takes bytes as they come, in answers, errors and events', async () => {
  await client.connect();
  const author = new Y.Doc();
  author.getText('content').insert(0, 'from afar');
  const update = Buffer.from(Y.encodeStateAsUpdate(author));
  const stateVector = Buffer.from(Y.encodeStateVector(author));
  sockets[0]!.on('document:open', (_body, answer) => {
    answer({ ok: true, update, stateVector, seq: 1, epoch: 1, role: 'editor', kind: 'text', later: { field: 1 } });
  });
  const updates: { update: unknown; resync?: boolean }[] = [];
  sockets[0]!.on('document:update', (body, answer) => {
    updates.push(body);
    const error = { code: 'gap_resync', message: 'Gap', retry: 'resync', details: { stateVector, seq: 1 } };
    answer(updates.length === 1 ? { ok: false, error } : { ok: true, seq: 2 });
  });
  const provider = client.openDocument(DOCUMENT);
  await provider.whenSynced();
  expect(provider.text.toString()).toBe('from afar');
  provider.text.insert(0, 'and ');
  await provider.whenSaved();
  expect(updates).toMatchObject([{ update: expect.any(Buffer) }, { update: expect.any(Buffer), resync: true }]);
  expect(provider.seq).toBe(2);
});

it('CON-12: what was written while away is sent by the outbox, once', async () => {
  await client.connect();
  const received: unknown[] = [];
  io.on('connection', (socket) => {
    socket.on('document:open', (_body, answer) =>
      answer({
        ok: true,
        update: new Uint8Array([0, 0]),
        stateVector: new Uint8Array([0]),
        seq: 0,
        epoch: 1,
        role: 'editor',
        kind: 'text',
      }),
    );
    socket.on('document:update', (body, answer) => {
      received.push(body);
      answer({ ok: true, seq: received.length });
    });
  });
  io.disconnectSockets(true);
  await waitFor('the second connection', () => sockets.length === 2 && client.status === 'online');
  const provider = client.openDocument(DOCUMENT);
  await provider.whenSynced();
  io.disconnectSockets(true);
  await waitFor('offline', () => provider.status === 'offline');
  provider.text.insert(0, 'a');
  await new Promise((resolve) => queueMicrotask(() => resolve(undefined)));
  provider.text.insert(1, 'b');
  await provider.whenSaved();
  expect(received).toHaveLength(1);
});

/** Answers opens with an empty document; `hello` is said beside what is always said. */
const serveEmptyDocument = (hello: object) => {
  io.removeAllListeners('connection');
  io.on('connection', (socket) => {
    sockets.push(socket);
    socket.emit('server:hello', { node: 'n', protocol: 1, limits: DEFAULT_LIMITS, now: 0, userId: 'ann', ...hello });
    const nothing = { update: new Uint8Array([0, 0]), stateVector: new Uint8Array([0]), seq: 0, epoch: 1 };
    socket.on('document:open', (_body, answer) => answer({ ok: true, ...nothing, role: 'editor', kind: 'text' }));
  });
};

it('PCK-6: packs its edits when the server has said that it reads them, and takes packed answers and edits', async () => {
  serveEmptyDocument({ packed: 1 });
  await client.connect();
  const packed: Uint8Array[] = [];
  const { decoder } = sockets[0]!.client as unknown as {
    decoder: { add(frame: unknown): void; reconstructor: unknown };
  };
  const add = decoder.add.bind(decoder);
  decoder.add = (frame) => {
    if (typeof frame === 'string' || decoder.reconstructor) add(frame);
    else packed.push(frame as Uint8Array);
  };
  const provider = client.openDocument(DOCUMENT);
  await provider.whenSynced();
  provider.text.insert(0, 'a');
  await waitFor('the edit comes', () => packed.some(([type]) => type === 0));
  const [, ackId, ...edit] = packed.find(([type]) => type === 0)!;
  // Answers, and tells of an edit of somebody else, in one frame.
  const other = new Y.Doc();
  other.getText('content').insert(0, 'b');
  const update = Y.encodeStateAsUpdate(other);
  const frame = Buffer.from([1, 1, ackId!, 1, 0, ...edit.slice(0, 16), 1, 2, 2, update.length, ...update]);
  (sockets[0]!.conn as unknown as { write(frame: Buffer): void }).write(frame);
  await provider.whenSaved();
  await waitFor('the other edit is there', () => provider.text.toString().includes('b'));
  expect(provider.seq).toBe(2);
});

it('PCK-6: sends stock packets to a server that does not say so', async () => {
  serveEmptyDocument({});
  await client.connect();
  const updates: object[] = [];
  sockets[0]!.on('document:update', (body, answer) => {
    updates.push(body);
    answer({ ok: true, seq: 1 });
  });
  const provider = client.openDocument(DOCUMENT);
  await provider.whenSynced();
  provider.text.insert(0, 'a');
  await provider.whenSaved();
  expect(updates).toMatchObject([{ documentId: DOCUMENT, update: expect.any(Buffer) }]);
});
