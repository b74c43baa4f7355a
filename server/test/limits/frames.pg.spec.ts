import { once } from 'node:events';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { decodePacked, encodePackedUpdate } from '@tandem/protocol';
import type { Server } from 'socket.io';
import * as Y from 'yjs';
import { DoorWebSocket } from '../../src/platform/sockets/door-websocket.js';
import { SocketDoor } from '../../src/platform/sockets/socket-door.js';
import { SocketsGateway } from '../../src/platform/sockets/sockets.gateway.js';
import { eventually } from '../../src/testing/eventually.js';
import type { TestSettings } from '../../src/testing/test-app.js';
import { PlainEditor } from '../support/plain-editor.js';
import { type Person, SyncWorld } from '../support/sync-world.js';
import { RawSocket } from './support/raw-socket.js';

let world: SyncWorld;
let ada: Person;
const sockets: RawSocket[] = [];

function starts(settings: TestSettings = {}): void {
  beforeAll(async () => {
    world = await SyncWorld.start(settings);
    ada = await world.person('Ada');
  });
  afterEach(async () => {
    for (const socket of sockets.splice(0)) socket.terminate();
    await world.hangUp();
    await eventually('nobody is connected', () => door().open === 0 && door().pending === 0);
  });
  afterAll(() => world.stop());
}

const door = () => world.server.app.get(SocketDoor, { strict: false });

async function raw(): Promise<RawSocket> {
  const socket = await RawSocket.open(world.server.url);
  sockets.push(socket);
  return socket;
}

async function signedIn(more: object = {}): Promise<RawSocket> {
  const socket = await raw();
  socket.send(`40${JSON.stringify({ token: ada.accessToken, protocol: 1, ...more })}`);
  await socket.hears('42["server:hello"');
  return socket;
}

/** The server's ends of all connections. */
function serverEnds(): DoorWebSocket[] {
  const { server } = world.server.app.get(SocketsGateway, { strict: false }) as unknown as { server: Server };
  return [...server.sockets.sockets.values()].map((socket) => DoorWebSocket.of(socket)!);
}

const close = (id: string) => `42${id}["document:close",{"documentId":"${ada.user.id}"}]`;

describe('ack ids', () => {
  starts();

  it.each([
    ['2^53', '9007199254740992'],
    ['twenty nines', '9'.repeat(20)],
    ['infinity', '9'.repeat(400)],
  ])('CON-16: %s is bad_request and ends the connection, and no other', async (_what, id) => {
    const { documentId } = await world.share(ada);
    const editor = await PlainEditor.open(await world.connect(ada), documentId);
    const socket = await signedIn();
    socket.send(close(id));
    await socket.ends();
    expect(socket.reason?.code).toBe('bad_request');
    expect(socket.heard.filter((packet) => packet.startsWith('43'))).toEqual([]);
    expect(await editor.type('still here')).toBe(1);
  });

  it('CON-16: one of an edit, whose answer would be packed, does not reach the document', async () => {
    const { documentId } = await world.share(ada);
    const doc = new Y.Doc();
    doc.getText('content').insert(0, 'x');
    const socket = await signedIn({ packed: 1 });
    socket.send(`421["document:open",{"documentId":"${documentId}"}]`);
    await socket.hears('46');
    socket.send(
      `451-${'9'.repeat(400)}["document:update",{"documentId":"${documentId}","update":{"_placeholder":true,"num":0}}]`,
    );
    socket.send(Buffer.from(Y.encodeStateAsUpdate(doc)));
    await socket.ends();
    expect(socket.reason?.code).toBe('bad_request');
    expect(await world.rows(documentId)).toEqual([]);
  });

  it('CON-6: the largest one that counts is answered', async () => {
    const { documentId } = await world.share(ada);
    const socket = await signedIn({ packed: 1 });
    const id = Number.MAX_SAFE_INTEGER;
    socket.send(close(`${id}`));
    expect(await socket.hears(`43${id}`)).toContain('"ok":true');
    const bytes: Buffer[] = [];
    socket.websocket.on('message', (data: Buffer, isBinary) => isBinary && bytes.push(data));
    socket.send(`421["document:open",{"documentId":"${documentId}"}]`);
    await eventually('it is open: an update and a state vector', () => bytes.length === 2);
    const doc = new Y.Doc();
    doc.getText('content').insert(0, 'x');
    socket.send(Buffer.from(encodePackedUpdate(id, documentId, Y.encodeStateAsUpdate(doc))));
    await eventually('the edit is answered', () => bytes.length === 3);
    expect([...decodePacked(bytes[2]!)]).toEqual([{ ackId: id, seq: 1 }]);
  });
});

describe('control frames of the websocket', () => {
  starts({ limits: { messageRate: 200, messageByteRate: 100_000_000 } });

  it.each(['ping', 'pong'] as const)(
    'CON-14: a %s before the sign-in is unauthorized, and ends the connection',
    async (kind) => {
      const fresh = await raw();
      fresh.websocket[kind]('x');
      await fresh.ends();
      expect(fresh.refusal).toMatchObject({ code: 'unauthorized', retry: 'never' });
      expect(door().pending).toBe(0);
    },
  );

  it('a ping is answered', async () => {
    const socket = await signedIn();
    const answer = once(socket.websocket, 'pong');
    socket.websocket.ping('are you there?');
    expect(String((await answer)[0])).toBe('are you there?');
    expect(socket.closed).toBeUndefined();
  });

  it.each(['ping', 'pong'] as const)(
    'LIM-7: a %s counts as a message: what comes behind too many is read later',
    async (kind) => {
      const socket = await signedIn();
      for (let n = 0; n < 2000; n++) socket.websocket[kind]('x');
      // What was read together with them is handed on; it is the next that waits.
      socket.send(close('7'));
      await socket.hears('437');
      const since = performance.now();
      socket.send(close('8'));
      await socket.hears('438');
      // 400 at once, and 200 in a second; no wait is longer than 2 s.
      expect(performance.now() - since).toBeGreaterThan(1500);
    },
  );
});

describe('a flood of pings', () => {
  starts({ limits: { messageRate: 1_000_000, messageByteRate: 1_000_000_000 } });

  it('D6 A21: costs nothing that waits for who does not read, and the newest is answered', async () => {
    const socket = await signedIn();
    const [end] = serverEnds();
    socket.websocket.pause();
    const [pings, payload, header] = [100_000, 'x'.repeat(120), 6];
    let most = 0;
    const tcp = (end as unknown as { _socket: { bytesRead: number } })._socket;
    const before = tcp.bytesRead;
    for (let n = 0; n < pings; n++) socket.websocket.ping(payload);
    socket.websocket.ping('the last');
    await eventually('all are read', () => {
      most = Math.max(most, end!.bufferedAmount);
      return tcp.bytesRead - before >= pings * (payload.length + header);
    });
    expect(most).toBeLessThan(64 * 1024);
    const pongs: string[] = [];
    socket.websocket.on('pong', (data) => pongs.push(String(data)));
    socket.websocket.resume();
    await eventually('the last is answered', () => pongs.at(-1) === 'the last');
    expect(pongs.length).toBeLessThan(pings / 10);
  });
});

describe('the end of a session', () => {
  starts();

  it('CON-15 CON-16: ends the connection: nobody signs in on it again, past the counts', async () => {
    const { documentId } = await world.share(ada);
    const socket = await signedIn();
    socket.send(`421["document:open",{"documentId":"${documentId}"}]`);
    await socket.hears('46');
    socket.send('41');
    await world.roomHas(documentId, 0);
    socket.send(`40${JSON.stringify({ token: ada.accessToken, protocol: 1 })}`);
    await socket.ends();
    expect(socket.heard.filter((packet) => packet.startsWith('42["server:hello"'))).toHaveLength(1);
    expect(door().open).toBe(0);
  });

  it('what was sent before it is handled', async () => {
    const { documentId } = await world.share(ada);
    const editor = await PlainEditor.open(await world.connect(ada), documentId);
    for (let n = 0; n < 100; n++) editor.type('x').catch(() => undefined);
    editor.client.disconnect();
    await eventually('all is stored', async () => (await world.rows(documentId)).length === 100);
    await eventually('nobody is connected', () => door().open === 0);
  });

  it('a stock client that disconnects is told nothing else, and comes back when it wants', async () => {
    const client = await world.connect(ada);
    const reasons: string[] = [];
    client.socket.on('disconnect', (reason) => reasons.push(reason));
    client.socket.disconnect();
    await eventually('it has left', () => door().open === 0);
    expect(reasons).toEqual(['io client disconnect']);
    client.socket.connect();
    await eventually('it is back', () => client.told('server:hello').length === 2);
  });
});
