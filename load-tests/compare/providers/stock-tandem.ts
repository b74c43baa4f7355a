import { io } from 'socket.io-client';
import * as Y from 'yjs';
import type { RealClient } from './real-client.ts';

interface Answer {
  readonly ok: boolean;
  readonly update?: ArrayBuffer;
  readonly pieces?: number;
  readonly error?: { readonly code: string };
}

/** A plain socket.io-client: the least that a client of Tandem must do. */
export async function joinStock(url: string, token: string, documentId: string, clientId: number): Promise<RealClient> {
  const doc = new Y.Doc();
  doc.clientID = clientId;
  const socket = io(url, { transports: ['websocket'], forceNew: true, auth: { token, protocol: 1 } });
  const take = ({ update }: { update: ArrayBuffer }) => Y.applyUpdate(doc, new Uint8Array(update), socket);
  socket.on('document:update', take);
  socket.on('document:resync', take);
  await new Promise<void>((resolve, reject) => {
    socket.once('connect', resolve);
    socket.once('connect_error', reject);
  });
  const ask = async (event: string, body: object): Promise<Answer> => {
    const answer: Answer = await socket.timeout(10_000).emitWithAck(event, body);
    if (!answer.ok) throw new Error(`${event}: ${answer.error?.code}`);
    return answer;
  };
  const pieces: Uint8Array[] = [];
  socket.on('document:piece', ({ bytes }: { bytes: ArrayBuffer }) => pieces.push(new Uint8Array(bytes)));
  const { update, pieces: expected = 0 } = await ask('document:open', { documentId, clientId });
  while (pieces.length < expected) await new Promise((resolve) => socket.once('document:piece', resolve));
  Y.applyUpdate(doc, update ? new Uint8Array(update) : Buffer.concat(pieces), socket);
  doc.on('update', (typed: Uint8Array, origin: unknown) => {
    if (origin !== socket) void ask('document:update', { documentId, update: typed });
  });
  return {
    text: () => doc.getText('content').toString(),
    insert: (index, text) => doc.getText('content').insert(index, text),
    close: () => socket.disconnect(),
  };
}
