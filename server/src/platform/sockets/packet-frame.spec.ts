import { once } from 'node:events';
import { createServer, type Server as HttpServer } from 'node:http';
import { type AddressInfo, connect, type Socket as TcpSocket } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { EventOf, ServerEvent } from '@tandem/protocol';
import { Server, type Socket } from 'socket.io';
import { eventually } from '../../testing/eventually.js';
import { answerFrame, PacketFrame } from './packet-frame.js';
import { engineOf } from './socket-internals.js';

const DOCUMENT = '00000000-0000-4000-8000-0000000000d1';
const UPGRADE =
  'GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: tandem\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n' +
  'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n';
/** "40": a masked frame in which a client asks for the namespace. */
const JOIN = Buffer.from([0x81, 0x82, 0, 0, 0, 0, 0x34, 0x30]);
const END = Buffer.from('42["end"]');

let http: HttpServer;
let io: Server;
let socket: Socket;
let wire: TcpSocket;
let received = Buffer.alloc(0);

beforeAll(async () => {
  http = createServer();
  io = new Server(http, { transports: ['websocket'], perMessageDeflate: false });
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  wire = connect((http.address() as AddressInfo).port, '127.0.0.1');
  wire.on('data', (chunk) => {
    received = Buffer.concat([received, chunk]);
  });
  const connected = once(io, 'connection');
  wire.write(UPGRADE);
  await eventually('Engine.IO greets', () => received.includes('pingInterval'));
  wire.write(JOIN);
  [socket] = (await connected) as [Socket];
  await eventually('the namespace is joined', () => received.includes('40{"sid"'));
});
afterAll(async () => {
  wire?.destroy();
  await io?.close();
});

/** The bytes of the websocket that `write` causes. */
async function bytesOf(write: () => void): Promise<Buffer> {
  const start = received.length;
  write();
  socket.emit('end');
  await eventually('all bytes are here', () => received.includes(END, start));
  // The frame of the end has a header of two bytes.
  return received.subarray(start, received.indexOf(END, start) - 2);
}

async function expectStock<E extends ServerEvent>(event: E, body: EventOf<E>): Promise<void> {
  const stock = await bytesOf(() => socket.emit(event, body));
  const ours = await bytesOf(() => {
    engineOf(socket).transport.socket!._sender.sendFrame([PacketFrame.of(event, body).stock]);
  });
  expect(stock.length).toBeGreaterThan(0);
  expect(ours.equals(stock)).toBe(true);
}

const filled = (length: number) => new Uint8Array(length).map((_, index) => index % 251);

/** Each side of the three forms of a frame's length (RFC 6455, 5.2). */
const SIZES = [0, 1, 125, 126, 127, 65_535, 65_536, 300_000];

describe('PacketFrame writes what stock Socket.IO would write', () => {
  test.each(SIZES)('an attachment of %i bytes', async (length) => {
    await expectStock('awareness:update', { documentId: DOCUMENT, update: filled(length) });
  });

  test.each(SIZES.slice(2))('a text frame of %i bytes', async (length) => {
    const body = { code: 'internal' as const, message: '' };
    const message = 'x'.repeat(length - `42${JSON.stringify(['session:closed', body])}`.length);
    await expectStock('session:closed', { ...body, message });
  });

  test('characters of several bytes count as bytes', async () => {
    await expectStock('session:closed', { code: 'internal', message: '世界 🙂 e\u0301 '.repeat(20) });
  });

  test('several attachments, in their order', async () => {
    const body = { documentId: DOCUMENT, update: filled(70_000), stateVector: filled(126), seq: 7, epoch: 1 };
    await expectStock('document:resync', body);
  });

  test('a part of a larger buffer', async () => {
    const update = filled(1000).subarray(300, 500);
    await expectStock('document:update', { documentId: DOCUMENT, update, fromSeq: 1, seq: 2, epoch: 1 });
  });

  test('no attachment', async () => {
    await expectStock('document:status', { documentId: DOCUMENT, state: 'ok' });
  });
});

describe('answers are what stock Socket.IO would write', () => {
  test.each([
    ['plain', { ok: true, seq: 7 }],
    ['with bytes', { ok: false, error: { code: 'gap_resync', details: { stateVector: filled(20), seq: 3 } } }],
  ])('%s', async (_what, answer) => {
    const { ack } = socket as unknown as { ack(id: number): (answer: object) => void };
    const stock = await bytesOf(() => ack.call(socket, 12)(answer));
    const ours = await bytesOf(() => {
      engineOf(socket).transport.socket!._sender.sendFrame([answerFrame(12, answer as never)]);
    });
    expect(ours.equals(stock)).toBe(true);
  });
});
