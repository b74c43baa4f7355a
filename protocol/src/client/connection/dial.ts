import type { TandemError } from '../../errors.js';
import type { HandshakeAuth } from '../../wire/session.js';

/** One connection, tried once: a port with an adapter for Socket.IO and one for tests. */
export interface WireSocket {
  /** Sent at once or not at all: nothing is buffered for a later connection. */
  send(event: string, body: unknown, answered?: (answer: unknown) => void): void;
  /** `closed` is not called after it. */
  close(): void;
}

export interface WireListener {
  event(name: string, body: unknown): void;
  /** The server refused the handshake; undefined when it could not be reached. */
  refused(error: TandemError | undefined): void;
  /** The connection ended, by the server or on the way. */
  closed(): void;
}

export type Dial = (url: string, auth: HandshakeAuth, listener: WireListener) => WireSocket;
