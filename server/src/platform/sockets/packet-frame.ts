import type { Answer, EventOf, ServerEvent } from '@tandem/protocol';
import { Encoder, PacketType } from 'socket.io-parser';
import type { Frame } from '../../core/document/room/room-session.js';
import { RoomFrames } from '../../core/document/room-frames.js';
import { packEvent } from './packed-packets.js';
import { BINARY, TEXT, websocketFrames } from './websocket-frame.js';

const encoder = new Encoder();

export class PacketFrames extends RoomFrames {
  override encode<E extends ServerEvent>(event: E, body: EventOf<E>): PacketFrame {
    return PacketFrame.of(event, body);
  }
}

/** An event down to its websocket frames, built once for all recipients of a kind: every socket writes the same bytes. */
export class PacketFrame implements Frame {
  private stockBytes: Buffer | undefined;
  private packedBytes: Buffer | 'stock' | undefined;

  private constructor(
    readonly event: ServerEvent,
    private readonly body: object,
  ) {}

  static of<E extends ServerEvent>(event: E, body: EventOf<E>): PacketFrame {
    return new PacketFrame(event, body);
  }

  /** For any Socket.IO client. */
  get stock(): Buffer {
    this.stockBytes ??= encode({ type: PacketType.EVENT, data: [this.event, this.body] });
    return this.stockBytes;
  }

  /** For sockets that take packed frames; the stock ones where the event has no packed form. */
  get packed(): Buffer {
    this.packedBytes ??= this.pack() ?? 'stock';
    return this.packedBytes === 'stock' ? this.stock : this.packedBytes;
  }

  private pack(): Buffer | undefined {
    const data = packEvent(this.event, this.body as never);
    return data && websocketFrames([{ opcode: BINARY, data }]);
  }
}

/** The answer to a request, in stock encoding. */
export function answerFrame(id: number, answer: Answer<object>): Buffer {
  return encode({ type: PacketType.ACK, id, data: [answer] });
}

function encode(packet: { type: PacketType; id?: number; data: unknown[] }): Buffer {
  const encoded: (string | Uint8Array)[] = encoder.encode({ ...packet, nsp: '/' });
  return websocketFrames(
    encoded.map((part) =>
      // Engine.IO's type of a message is 4; binary has none.
      typeof part === 'string' ? { opcode: TEXT, data: Buffer.from(`4${part}`) } : { opcode: BINARY, data: part },
    ),
  );
}
