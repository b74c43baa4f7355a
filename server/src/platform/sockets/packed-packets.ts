import { type EventOf, type ServerEvent, TO_CLIENT, TO_SERVER } from '@tandem/protocol';
import { ByteReader, MalformedBytes } from '../../core/document/update/byte-reader.js';
import { ByteWriter } from '../../core/document/update/byte-writer.js';
import type { IncomingPacket } from './socket-internals.js';

/** The server's half of packed frames; their layout stands in the protocol's `wire/packed.ts`. */

/** More in one frame would be handled in one turn of the event loop, for which everybody else waits. */
const MAX_MESSAGES = 256;

/** Reads the packed frames of one connection, which are nearly all of one document. */
export class PackedReader {
  private lastBytes: Uint8Array = new Uint8Array(16);
  private lastId = uuidOf(this.lastBytes);

  /** The events of a frame. Throws MalformedBytes, before the first of them when any of them is bad. */
  read(bytes: Uint8Array): IncomingPacket[] {
    const reader = new ByteReader(bytes);
    const packets: IncomingPacket[] = [];
    while (reader.remaining > 0) {
      if (packets.length === MAX_MESSAGES) throw new MalformedBytes('too many packed messages');
      const type = reader.varUint();
      if (type === TO_SERVER.update) {
        const id = reader.varUint();
        packets.push({ id, data: ['document:update', this.body(reader)], isTyped: true });
      } else if (type === TO_SERVER.awareness) {
        packets.push({ data: ['awareness:update', this.body(reader)], isTyped: true });
      } else throw new MalformedBytes('unknown packed message');
    }
    return packets;
  }

  private body(reader: ByteReader): { documentId: string; update: Uint8Array } {
    const documentId = this.documentId(reader.slice(16));
    return { documentId, update: reader.varBytes() };
  }

  private documentId(bytes: Uint8Array): string {
    const { lastBytes } = this;
    for (let at = 0; at < 16; at++) {
      if (bytes[at] === lastBytes[at]) continue;
      this.lastBytes = Uint8Array.from(bytes);
      this.lastId = uuidOf(bytes);
      break;
    }
    return this.lastId;
  }
}

function uuidOf(bytes: Uint8Array): string {
  const hex = Buffer.from(bytes.buffer, bytes.byteOffset, 16).toString('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}

/** Undefined for events that are not packed. */
export function packEvent<E extends ServerEvent>(event: E, body: EventOf<E>): Uint8Array | undefined {
  if (event === 'document:update') return packUpdate(body as EventOf<'document:update'>);
  if (event === 'awareness:update') return packAwareness(body as EventOf<'awareness:update'>);
  return undefined;
}

function packUpdate({ documentId, epoch, fromSeq, seq, update }: EventOf<'document:update'>): Uint8Array {
  const writer = new ByteWriter(update.length + 64);
  writer.varUint(TO_CLIENT.update);
  writer.bytes(Buffer.from(documentId.replaceAll('-', ''), 'hex'));
  writer.varUint(epoch);
  writer.varUint(fromSeq);
  writer.varUint(seq);
  writer.varBytes(update);
  return writer.finish();
}

function packAwareness({ documentId, update }: EventOf<'awareness:update'>): Uint8Array {
  const writer = new ByteWriter(update.length + 32);
  writer.varUint(TO_CLIENT.awareness);
  writer.bytes(Buffer.from(documentId.replaceAll('-', ''), 'hex'));
  writer.varBytes(update);
  return writer.finish();
}

/** The answers `{ ok: true, seq }` to several requests: ack id and seq in turn. */
export function packSaved(saved: readonly number[]): Uint8Array {
  const writer = new ByteWriter(saved.length * 5 + 8);
  writer.varUint(TO_CLIENT.saved);
  writer.varUint(saved.length / 2);
  for (const value of saved) writer.varUint(value);
  return writer.finish();
}
