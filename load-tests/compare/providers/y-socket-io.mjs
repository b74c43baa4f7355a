import { SocketIOProvider } from 'y-socket.io';
import { around, newDoc } from './y-doc.mjs';

export async function join({ port, name, clientId }) {
  const doc = newDoc(clientId);
  const provider = new SocketIOProvider(`ws://127.0.0.1:${port}`, name, doc, { disableBc: true });
  await new Promise((resolve) => provider.once('sync', resolve));
  return around(doc, () => provider.destroy());
}
