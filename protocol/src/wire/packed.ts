import * as decoding from 'lib0/decoding';
import * as encoding from 'lib0/encoding';

/**
 * Packed frames, for sockets that announced `auth: { packed: 1 }`: what is sent most, without JSON and without a second
 * frame for its bytes. A binary frame that no Socket.IO packet announced is one. It holds messages one after another to its
 * end, in lib0's encoding; a document's id is the 16 bytes of its UUID.
 *
 *     to the server   0 update     varUint ack id, document, varBytes update
 *                     1 awareness  document, varBytes update
 *     to the client   0 update     document, varUint epoch, varUint fromSeq, varUint seq, varBytes update
 *                     1 saved      varUint n, n times: varUint ack id, varUint seq
 *                     2 awareness  document, varBytes update
 *
 * Ack ids are Socket.IO's own: `saved` is the answer `{ ok: true, seq }`, and every other answer comes as a stock packet.
 */
export const TO_SERVER = { update: 0, awareness: 1 } as const;
export const TO_CLIENT = { update: 0, saved: 1, awareness: 2 } as const;

/** What the client's half of Socket.IO would have decoded: an event for its listeners, or the answer to a request. */
export type PackedMessage =
  | { readonly event: 'document:update' | 'awareness:update'; readonly body: Record<string, unknown> }
  | { readonly ackId: number; readonly seq: number };

export const encodePackedUpdate = (ackId: number, documentId: string, update: Uint8Array): Uint8Array =>
  encoding.encode((encoder) => {
    encoding.writeVarUint(encoder, TO_SERVER.update);
    encoding.writeVarUint(encoder, ackId);
    encoding.writeUint8Array(encoder, uuidToBytes(documentId));
    encoding.writeVarUint8Array(encoder, update);
  });

export const encodePackedAwareness = (documentId: string, update: Uint8Array): Uint8Array =>
  encoding.encode((encoder) => {
    encoding.writeVarUint(encoder, TO_SERVER.awareness);
    encoding.writeUint8Array(encoder, uuidToBytes(documentId));
    encoding.writeVarUint8Array(encoder, update);
  });

/** Of a server, which is trusted. Throws on a type that it does not know: nothing tells how long that is. */
export function* decodePacked(bytes: Uint8Array): IterableIterator<PackedMessage> {
  const decoder = decoding.createDecoder(bytes);
  while (decoding.hasContent(decoder)) {
    const type = decoding.readVarUint(decoder);
    if (type === TO_CLIENT.update) {
      const documentId = uuidFromBytes(decoding.readUint8Array(decoder, 16));
      const epoch = decoding.readVarUint(decoder);
      const fromSeq = decoding.readVarUint(decoder);
      const seq = decoding.readVarUint(decoder);
      const update = decoding.readVarUint8Array(decoder);
      yield { event: 'document:update', body: { documentId, update, fromSeq, seq, epoch } };
    } else if (type === TO_CLIENT.saved) {
      for (let left = decoding.readVarUint(decoder); left > 0; left--) {
        yield { ackId: decoding.readVarUint(decoder), seq: decoding.readVarUint(decoder) };
      }
    } else if (type === TO_CLIENT.awareness) {
      const documentId = uuidFromBytes(decoding.readUint8Array(decoder, 16));
      yield { event: 'awareness:update', body: { documentId, update: decoding.readVarUint8Array(decoder) } };
    } else throw new Error(`packed message of unknown type ${type}`);
  }
}

export function uuidToBytes(uuid: string): Uint8Array {
  const hex = uuid.replaceAll('-', '');
  return Uint8Array.from({ length: 16 }, (_, index) => Number.parseInt(hex.slice(index * 2, index * 2 + 2), 16));
}

/** In lower case. */
export function uuidFromBytes(bytes: Uint8Array): string {
  let hex = '';
  for (const byte of bytes) hex += byte.toString(16).padStart(2, '0');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}
