import { io } from 'socket.io-client';
import * as Y from 'yjs';

const WAIT_MS = 20_000;

/** Writes a text into an empty document, by one edit. */
export async function fillDocument(url: string, token: string, documentId: string, text: string): Promise<void> {
  const doc = new Y.Doc();
  doc.getText('content').insert(0, text);
  const socket = io(url, {
    transports: ['websocket'],
    forceNew: true,
    reconnection: false,
    auth: { token, protocol: 1 },
  });
  const ask = async (event: string, body: object) => {
    const answer = await socket.timeout(WAIT_MS).emitWithAck(event, body);
    if (!answer.ok) throw new Error(`${event}: ${answer.error?.code}`);
  };
  try {
    await new Promise<void>((resolve, reject) => {
      socket.once('connect', resolve);
      socket.once('connect_error', reject);
    });
    await ask('document:open', { documentId, clientId: doc.clientID });
    await ask('document:update', { documentId, update: Y.encodeStateAsUpdate(doc) });
  } finally {
    socket.disconnect();
  }
}
