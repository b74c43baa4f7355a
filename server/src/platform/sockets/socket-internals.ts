import type { Socket } from 'socket.io';
import { PacketType } from 'socket.io-parser';

/*
 * The parts of Socket.IO, Engine.IO and ws that are used below their documented surface: an edit costs a third of what it
 * costs through them (decision 011). Pinned with socket.io 4.8.3, engine.io 6.6, socket.io-parser 4.2.7, ws 8.21.3.
 */

export interface EngineSocket {
  readonly readyState: string;
  /** What Engine.IO has not handed to the websocket yet. */
  readonly writeBuffer: readonly unknown[];
  write(data: string | Buffer, options: object): void;
  on(event: 'flush', listener: () => void): void;
  on(event: 'packetCreate', listener: (packet: { data?: string | Buffer }) => void): void;
  readonly pingTimeoutTimer: NodeJS.Timeout | null;
  readonly transport: { readonly socket?: WebsocketInternals };
}

export interface WebsocketInternals {
  /** 1 is open. */
  readonly readyState: number;
  readonly bufferedAmount: number;
  pause(): void;
  resume(): void;
  terminate(): void;
  readonly _sender: { sendFrame(frames: Buffer[]): void };
  readonly _socket: import('node:net').Socket | null;
}

export function engineOf(socket: Socket): EngineSocket {
  return socket.conn as unknown as EngineSocket;
}

/**
 * Lets go of the HTTP request that the connection came with, its headers and its token: some KiB of each that is idle.
 * Socket.IO advises it where nothing asks for them later.
 */
export function forgetRequest(socket: Socket): void {
  (socket.conn as unknown as { request: unknown }).request = undefined;
  Object.assign(socket.handshake, { headers: {}, auth: {}, query: {} });
}

/** An event as the parser has decoded it. */
export interface IncomingPacket {
  readonly data: readonly unknown[];
  /** Of the answer that is wanted. */
  readonly id?: number | undefined;
  /** Its body was read from a packed frame: it has the form that it must have. */
  readonly isTyped?: true;
}

/** All of one packed frame. */
interface PackedPackets {
  readonly packets: readonly IncomingPacket[];
}

interface SocketInternals {
  onevent(packet: IncomingPacket | PackedPackets): void;
  readonly client: {
    readonly decoder: DecoderInternals;
    onerror(error: unknown): void;
  };
}

interface DecoderInternals {
  add(frame: unknown): void;
  readonly reconstructor: unknown;
  emitReserved(event: 'decoded', packet: object): void;
}

/** Takes every event of the socket, in its order, in the place of Socket.IO's own listeners. */
export function takeEvents(socket: Socket, listener: (packet: IncomingPacket) => void): void {
  (socket as unknown as SocketInternals).onevent = (packet) => {
    // The parser lets a packet through that ends behind its type: "42" has no data at all (A27).
    if (!('packets' in packet)) listener(packet.data === undefined ? { ...packet, data: [] } : packet);
    else for (const each of packet.packets) listener(each);
  };
}

/**
 * Reads binary frames that no text packet has announced as packed ones; what they hold goes the way of all other packets,
 * so that the order of arrival is kept. `read` may throw: the connection ends, as for any other bad packet.
 */
export function takePackedFrames(socket: Socket, read: (bytes: Uint8Array) => readonly IncomingPacket[]): void {
  const { decoder } = (socket as unknown as SocketInternals).client;
  const add = decoder.add.bind(decoder);
  decoder.add = (frame) => {
    if (!(frame instanceof Uint8Array) || decoder.reconstructor) {
      add(frame);
      return;
    }
    decoder.emitReserved('decoded', { type: PacketType.EVENT, nsp: '/', packets: read(frame) });
  };
}
