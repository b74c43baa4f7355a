import { once } from 'node:events';
import { createServer, type Server as HttpServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setImmediate as turn } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { Server, type Socket } from 'socket.io';
import WebSocket from 'ws';
import { eventually } from '../../testing/eventually.js';
import { PacketFrame } from './packet-frame.js';
import { engineOf } from './socket-internals.js';
import { MAX_BACKLOG, SocketPeer } from './socket-peer.js';

/** What the kernel takes for a reader that does not read, and more. */
const KERNEL_BYTES = 100_000_000;

let http: HttpServer;
let io: Server;
const clients: WebSocket[] = [];

beforeAll(async () => {
  http = createServer();
  // Engine.IO's own pings would wake who waits.
  io = new Server(http, { transports: ['websocket'], perMessageDeflate: false, pingInterval: 600_000 });
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
});
afterEach(() => {
  jest.useRealTimers();
  for (const client of clients.splice(0)) client.terminate();
});
afterAll(async () => {
  await io?.close();
});

const frameOf = (bytes: number) =>
  PacketFrame.of('document:update', {
    documentId: '00000000-0000-4000-8000-0000000000d1',
    update: new Uint8Array(bytes),
    fromSeq: 1,
    seq: 1,
    epoch: 1,
  });

/** A reader, and the server's end of it. */
async function connected(): Promise<{ client: WebSocket; socket: Socket; peer: SocketPeer; drains: () => number }> {
  const connection = once(io, 'connection');
  const client = new WebSocket(
    `ws://127.0.0.1:${(http.address() as AddressInfo).port}/socket.io/?EIO=4&transport=websocket`,
  );
  clients.push(client);
  client.on('error', () => undefined);
  await once(client, 'open');
  client.send('40');
  const [socket] = (await connection) as [Socket];
  let drains = 0;
  const peer = new SocketPeer(socket, false, () => {
    drains++;
  });
  await eventually('the greeting is away', () => peer.backlog === 0);
  return { client, socket, peer, drains: () => drains };
}

/** Writes until something waits for a reader who does not read; each is looked at in a turn of its own. */
async function fill(peer: SocketPeer, bytes: number): Promise<void> {
  const frame = frameOf(bytes);
  for (let sent = 0; sent < KERNEL_BYTES && peer.backlog === 0; sent += bytes) {
    peer.write(frame);
    await turn();
  }
  expect(peer.backlog).toBeGreaterThan(0);
}

describe('a reader for whom a frame was left out', () => {
  it('D6: is looked at again when it reads, also where less waits than TCP tells of', async () => {
    const { client, socket, peer, drains } = await connected();
    peer.maxBacklog = 64 * 1024;
    client.pause();
    await fill(peer, 25_000);
    expect(peer.write(frameOf(60_000))).toBe(false);
    expect(engineOf(socket).transport.socket?._socket?.writableNeedDrain).toBe(false);
    client.resume();
    await eventually('it is told', () => drains() > 0);
    expect(peer.write(frameOf(60_000))).toBe(true);
  });

  it('D6: who waits for room goes on when there is room, or when there may wait more, or when the reader is gone', async () => {
    const { client, peer } = await connected();
    client.pause();
    await fill(peer, 100_000);
    peer.maxBacklog = 64 * 1024;
    expect(peer.isFull).toBe(true);
    const more = peer.room();
    peer.maxBacklog = MAX_BACKLOG;
    await more;
    peer.maxBacklog = 64 * 1024;
    const read = peer.room();
    client.resume();
    await read;
    expect(peer.isFull).toBe(false);
    client.pause();
    await fill(peer, 100_000);
    const gone = peer.room();
    client.terminate();
    await gone;
  });

  it('D6 A21: is not read while its backlog is full, and read again when it is not', async () => {
    const { client, socket, peer } = await connected();
    peer.maxBacklog = 64 * 1024;
    client.pause();
    await fill(peer, 100_000);
    const heard: unknown[] = [];
    socket.on('asked', (what) => heard.push(what));
    peer.restrain();
    client.send('42["asked",1]');
    await turn();
    client.resume();
    await eventually('it is heard', () => heard.length === 1);
    expect(peer.isFull).toBe(false);
  });
});

describe('a reader who does not read', () => {
  it('D6: is cut off when certain frames pile up, and costs no more than that', async () => {
    const { client, socket, peer } = await connected();
    client.pause();
    const frame = frameOf(64 * 1024);
    let most = 0;
    for (let sent = 0; sent < KERNEL_BYTES && peer.write(frame, 'certain'); sent += 64 * 1024) {
      most = Math.max(most, peer.backlog);
      await turn();
    }
    await eventually('the connection is gone', () => !socket.connected);
    expect(most).toBeGreaterThan(4 * MAX_BACKLOG);
    expect(most).toBeLessThan(6 * MAX_BACKLOG);
  });

  it('D6: is not cut off for one large frame, nor for what it asked for', async () => {
    const { client, socket, peer } = await connected();
    client.pause();
    await turn();
    expect(peer.write(frameOf(32 * MAX_BACKLOG))).toBe(true);
    for (let n = 0; n < 30; n++) expect(peer.write(frameOf(64 * 1024), 'certain')).toBe(true);
    for (let n = 0; n < 100; n++) peer.answer(n, { ok: true, update: new Uint8Array(64 * 1024) } as never);
    client.resume();
    await eventually('it has all', () => peer.backlog === 0);
    expect(socket.connected).toBe(true);
    // What it has read is forgiven.
    client.pause();
    await fill(peer, MAX_BACKLOG);
    for (let n = 0; n < 40; n++) expect(peer.write(frameOf(64 * 1024), 'certain')).toBe(true);
  });
});

describe('a sender whose edits wait for their commit', () => {
  it('V4: is not called dead while it is not read for them, and only then', async () => {
    const { client, socket, peer } = await connected();
    let refreshed = 0;
    Object.assign(engineOf(socket), {
      pingTimeoutTimer: { refresh: () => refreshed++, [Symbol.toPrimitive]: () => 0 },
    });
    jest.useFakeTimers({
      advanceTimers: false,
      doNotFake: ['setImmediate', 'setTimeout', 'nextTick', 'performance', 'queueMicrotask', 'Date'],
    });
    const refreshesOf = (ms: number) => {
      const before = refreshed;
      jest.advanceTimersByTime(ms);
      return refreshed - before;
    };
    const isFull = (full: boolean) => {
      peer.maxBacklog = full ? 1000 : 10 * MAX_BACKLOG;
      peer.restrain();
    };
    client.pause();
    isFull(false);
    await fill(peer, MAX_BACKLOG);

    isFull(true);
    expect(refreshesOf(20_000)).toBe(0);
    peer.restrainEdits(true);
    expect(refreshesOf(20_000)).toBeGreaterThanOrEqual(2);
    isFull(false);
    expect(refreshesOf(20_000)).toBeGreaterThanOrEqual(2);
    isFull(true);
    peer.restrainEdits(false);
    expect(refreshesOf(20_000)).toBe(0);
  });
});
