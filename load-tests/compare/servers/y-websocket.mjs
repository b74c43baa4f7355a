// The server of y-websocket as its package starts it: no storage.
import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { say } from './say.mjs';

// It does not say which port it got, so a free one is chosen for it.
const probe = createServer().listen(0, '127.0.0.1');
await once(probe, 'listening');
const { port } = probe.address();
probe.close();
await once(probe, 'close');
Object.assign(process.env, { HOST: '127.0.0.1', PORT: String(port) });
await import('../node_modules/@y/websocket-server/src/server.js');

const isListening = () =>
  new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => {
      socket.destroy();
      resolve(true);
    });
    socket.on('error', () => resolve(false));
  });
while (!(await isListening())) await delay(10);
say({ port });
