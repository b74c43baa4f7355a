import * as decoding from 'lib0/decoding';
import { io } from 'socket.io-client';
import { Decoder, Encoder, PacketType } from 'socket.io-parser';
import { around, newDoc, onTyped, Y } from './y-doc.mjs';

export async function join({ port, name, clientId }) {
  const doc = newDoc(clientId);
  const url = `http://127.0.0.1:${port}`;
  const socket = io(url, {
    transports: ['websocket'],
    forceNew: true,
    parser: { Encoder, Decoder: PackedDecoder },
    auth: { room: name },
  });
  socket.on('updates', (bytes) => {
    const decoder = decoding.createDecoder(bytes);
    while (decoding.hasContent(decoder)) Y.applyUpdate(doc, decoding.readVarUint8Array(decoder), socket);
  });
  onTyped(doc, socket, (update) => socket.emit('update', update, () => {}));
  await new Promise((resolve, reject) => {
    socket.once('connect', resolve);
    socket.once('connect_error', reject);
  });
  return around(doc, () => socket.disconnect());
}

/** Socket.IO's, and a lone binary frame as one event: this server sends no attachments. */
class PackedDecoder extends Decoder {
  add(frame) {
    if (typeof frame === 'string') super.add(frame);
    else this.emitReserved('decoded', { type: PacketType.EVENT, nsp: '/', data: ['updates', new Uint8Array(frame)] });
  }
}
