import { io } from 'socket.io-client';
import type { ServerHello } from '../../wire/session.js';
import { fromWire, plainBytes } from './binary.js';
import type { Dial } from './dial.js';
import { PackedDecoder, PackedEncoder } from './packed-parser.js';

const CONNECT_TIMEOUT_MS = 10_000;

/**
 * Stock Socket.IO, over WebSocket alone. Its manager's reconnection and its buffering of emits are off: the outbox is
 * ours, and a token is fetched anew for every attempt. Its parser is a superset that knows packed frames.
 */
export const socketIoDial: Dial = (url, auth, listener) => {
  // A path in the address is where the server is mounted, not a Socket.IO namespace.
  const { origin, pathname } = new URL(url, globalThis.location?.href);
  let isPacked = false;
  const write = (frame: Uint8Array) => socket.io.engine.write(frame as never);
  const Encoder = PackedEncoder.bind(
    undefined,
    () => isPacked,
    (frame) => socket.connected && write(frame),
  );
  const socket = io(origin, {
    parser: { Encoder, Decoder: PackedDecoder },
    path: `${pathname.replace(/\/+$/, '')}/socket.io`,
    transports: ['websocket'],
    reconnection: false,
    forceNew: true,
    timeout: CONNECT_TIMEOUT_MS,
    auth: { ...auth, packed: 1 },
  });
  let over = false;
  const end = (tell: () => void) => {
    if (over) return;
    over = true;
    socket.offAny();
    socket.disconnect();
    tell();
  };
  socket.onAny((name: string, body: unknown) => {
    if (name === 'server:hello') isPacked = (body as Partial<ServerHello>).packed === 1;
    listener.event(name, plainBytes(body));
  });
  socket.on('connect_error', (error: Error & { data?: unknown }) =>
    end(() => listener.refused(error.data === undefined ? undefined : fromWire(error.data))),
  );
  socket.on('disconnect', () => end(() => listener.closed()));
  return {
    send(event, body, answered) {
      if (!socket.connected) return;
      if (answered) socket.emit(event, body, (answer: unknown) => answered(plainBytes(answer)));
      else socket.emit(event, body);
    },
    close: () => end(() => {}),
  };
};
