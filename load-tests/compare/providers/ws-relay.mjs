import { once } from 'node:events';
import { WebSocket } from 'ws';
import { around, newDoc, onTyped, Y } from './y-doc.mjs';

export async function join({ port, name, clientId }) {
  const doc = newDoc(clientId);
  const socket = new WebSocket(`ws://127.0.0.1:${port}/${name}`);
  socket.on('message', (update) => Y.applyUpdate(doc, update, socket));
  onTyped(doc, socket, (update) => socket.send(update));
  await once(socket, 'open');
  return around(doc, () => socket.terminate());
}
