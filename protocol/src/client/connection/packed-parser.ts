import { Decoder, Encoder, type Packet, PacketType } from 'socket.io-parser';
import { decodePacked, encodePackedAwareness, encodePackedUpdate } from '../../wire/packed.js';

/**
 * Socket.IO's parser and packed frames beside it (`wire/packed.ts`): what comes packed is handed on as the packets that it
 * stands for, so that order and acks are Socket.IO's own.
 */
export class PackedDecoder extends Decoder {
  override add(frame: string | ArrayBuffer | Uint8Array): void {
    if (typeof frame === 'string' || this.awaitsAttachment) {
      super.add(frame);
      return;
    }
    const bytes = frame instanceof ArrayBuffer ? new Uint8Array(frame) : frame;
    for (const message of decodePacked(bytes)) {
      const packet: Packet =
        'event' in message
          ? { type: PacketType.EVENT, nsp: '/', data: [message.event, message.body] }
          : { type: PacketType.ACK, nsp: '/', id: message.ackId, data: [{ ok: true, seq: message.seq }] };
      this.emitReserved('decoded', packet);
    }
  }

  /** A text packet has announced the binary frame that comes next. */
  private get awaitsAttachment(): boolean {
    return Boolean((this as unknown as { reconstructor?: unknown }).reconstructor);
  }
}

/** Of one frame, in bytes and messages; the server takes twice as many and more. */
const MAX_FRAME = 64 * 1024;
const MAX_MESSAGES = 128;

/** What is written in one task goes out as one frame; a stock packet waits for what was packed before it. */
export class PackedEncoder extends Encoder {
  private waiting: Uint8Array[] = [];
  private size = 0;

  constructor(
    /** The server has said that it reads packed frames. */
    private readonly isWanted: () => boolean,
    /** Sends a binary frame, if there is a connection still. */
    private readonly write: (frame: Uint8Array) => void,
  ) {
    super();
  }

  override encode(packet: Packet): unknown[] {
    const message = this.isWanted() ? pack(packet) : undefined;
    // What is not a string is sent as a binary frame.
    if (!message) return [...this.take(), ...super.encode(packet)];
    const isFull = this.size + message.length > MAX_FRAME || this.waiting.length === MAX_MESSAGES;
    const full = isFull ? this.take() : [];
    if (this.waiting.length === 0) queueMicrotask(() => this.flush());
    this.waiting.push(message);
    this.size += message.length;
    return full;
  }

  private flush(): void {
    for (const frame of this.take()) this.write(frame);
  }

  private take(): Uint8Array[] {
    const { waiting, size } = this;
    this.waiting = [];
    this.size = 0;
    if (waiting.length <= 1) return waiting;
    const frame = new Uint8Array(size);
    let at = 0;
    for (const message of waiting) {
      frame.set(message, at);
      at += message.length;
    }
    return [frame];
  }
}

/** Undefined for what only stock packets can carry. */
function pack({ type, id, data }: Packet): Uint8Array | undefined {
  if (type !== PacketType.EVENT || !Array.isArray(data)) return undefined;
  const [event, body] = data as [unknown, Record<string, unknown>];
  if (event === 'document:update' && id !== undefined && isOnly(body, PLAIN)) {
    return encodePackedUpdate(id, body.documentId as string, body.update as Uint8Array);
  }
  if (event === 'awareness:update' && id === undefined && isOnly(body, PLAIN)) {
    return encodePackedAwareness(body.documentId as string, body.update as Uint8Array);
  }
  return undefined;
}

const PLAIN = new Set(['documentId', 'update']);

function isOnly(body: Record<string, unknown>, fields: ReadonlySet<string>): boolean {
  return Object.entries(body).every(([field, value]) => fields.has(field) || value === undefined);
}
