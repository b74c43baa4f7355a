import type { EventOf, ServerEvent } from '@tandem/protocol';
import { Encoder, PacketType } from 'socket.io-parser';
import type { Frame } from '../../core/document/room/room-session.js';
import { RoomFrames } from '../../core/document/room-frames.js';

const encoder = new Encoder();

/** Frames for stock Socket.IO clients. */
export class PacketFrames extends RoomFrames {
  override encode<E extends ServerEvent>(event: E, body: EventOf<E>): PacketFrame {
    return PacketFrame.of(event, body);
  }
}

interface PacketPart {
  readonly data: string | Buffer;
  /** The websocket frame, header included: every socket writes the same bytes. */
  readonly options: { readonly wsPreEncodedFrame: Buffer[] };
}

/** An event in stock Socket.IO encoding, down to its websocket frames, built once for all recipients. */
export class PacketFrame implements Frame {
  readonly bytes: number;
  readonly parts: readonly PacketPart[];

  private constructor(parts: readonly PacketPart[]) {
    this.parts = parts;
    this.bytes = parts.reduce((sum, { data }) => sum + data.length, 0);
  }

  static of<E extends ServerEvent>(event: E, body: EventOf<E>): PacketFrame {
    const encoded: (string | Uint8Array)[] = encoder.encode({ type: PacketType.EVENT, nsp: '/', data: [event, body] });
    return new PacketFrame(encoded.map(toPart));
  }
}

function toPart(packet: string | Uint8Array): PacketPart {
  if (typeof packet !== 'string') {
    const data = Buffer.from(packet.buffer, packet.byteOffset, packet.byteLength);
    return { data, options: { wsPreEncodedFrame: websocketFrame(data, 2) } };
  }
  // Engine.IO's type of a message.
  return { data: packet, options: { wsPreEncodedFrame: websocketFrame(Buffer.from(`4${packet}`), 1) } };
}

/** A server's frame in one piece, unmasked (RFC 6455, 5.2). */
function websocketFrame(payload: Buffer, opcode: 1 | 2): Buffer[] {
  const { length } = payload;
  const header = Buffer.alloc(length < 126 ? 2 : length < 65_536 ? 4 : 10);
  header[0] = 0x80 | opcode;
  if (length < 126) header[1] = length;
  else if (length < 65_536) {
    header[1] = 126;
    header.writeUInt16BE(length, 2);
  } else {
    header[1] = 127;
    header.writeBigUInt64BE(BigInt(length), 2);
  }
  return [header, payload];
}
