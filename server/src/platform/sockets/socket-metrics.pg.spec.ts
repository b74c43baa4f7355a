import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { tokens } from '@tandem/protocol/http';
import { io, type Socket } from 'socket.io-client';
import { eventually } from '../../testing/eventually.js';
import { TestApp } from '../../testing/test-app.js';

const DOCUMENT = '00000000-0000-4000-8000-0000000000d1';

let server: TestApp;
let socket: Socket;
beforeAll(async () => {
  server = await TestApp.start();
  const body = { email: 'ada@example.org', password: 'correct horse battery staple', displayName: 'Ada' };
  const { accessToken } = tokens.parse((await server.request('POST', '/api/v1/auth/register', { body })).json());
  socket = io(server.url, { transports: ['websocket'], forceNew: true, auth: { token: accessToken } });
  await new Promise((resolve) => socket.once('server:hello', resolve));
});
afterAll(async () => {
  socket?.disconnect();
  await server?.stop();
});

const metrics = async () => (await server.request('GET', '/metrics')).text;

test('connections and refusals are counted; what a client makes up is no label', async () => {
  expect(await metrics()).toContain('\ntandem_socket_connections 1\n');
  await socket.emitWithAck('document:open', { documentId: DOCUMENT });
  await socket.emitWithAck('document:open', { documentId: 'none' });
  for (let n = 0; n < 3; n++) {
    await socket.emitWithAck('document:update', { documentId: DOCUMENT, update: new Uint8Array([0, 0]) });
    await socket.emitWithAck(`made up ${n}`);
  }
  const text = await metrics();
  const refusals = text.match(/^tandem_socket_refusals_total\{.*$/gm);
  expect(refusals?.sort()).toEqual([
    'tandem_socket_refusals_total{event="document:open",code="bad_request"} 1',
    'tandem_socket_refusals_total{event="document:open",code="not_found"} 1',
    'tandem_socket_refusals_total{event="document:update",code="not_open"} 3',
    'tandem_socket_refusals_total{event="unknown",code="unknown_message"} 3',
  ]);
  // Those of the rooms stand beside them.
  expect(text).toContain('\ntandem_room_sessions 0\n');

  socket.disconnect();
  await eventually('the end is counted', async () => (await metrics()).includes('\ntandem_socket_connections 0\n'));
});
