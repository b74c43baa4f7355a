import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Limits } from '@tandem/protocol';
import { type ServerOptions, WebSocketServer } from 'ws';
import { clientAddress, type TrustsProxy } from './client-address.js';
import { DoorWebSocket } from './door-websocket.js';
import { ReadingTurns } from './reading-turns.js';
import type { SocketDoor, Visit } from './socket-door.js';

/**
 * ws's own defaults, 16,384 fragments and 262,144 chunks, let one message of a megabyte cost a hundred (A18). A message of
 * that size comes in some 2,000 chunks where packets are small.
 */
const MAX_FRAGMENTS = 64;
const MAX_CHUNKS = 4096;
/** How long a peer may take to close in good order, in milliseconds. */
const CLOSE_MS = 2000;

const visits = new WeakMap<object, Visit>();

/** The visit that a request has become. */
export function visitOf(request: object): Visit | undefined {
  return visits.get(request);
}

interface Options {
  readonly limits: Limits;
  readonly door: SocketDoor;
  readonly trustsProxy: TrustsProxy;
}

type WebsocketEngineClass = new (options: ServerOptions<typeof DoorWebSocket>) => WebSocketServer;

/**
 * What Engine.IO makes its websockets with. It passes `maxPayload` and nothing else on, and reads megabytes before anybody
 * has signed in; this one has the limits that ws knows and sets them anew with the sign-in.
 */
export function websocketEngine({ limits, door, trustsProxy }: Options): WebsocketEngineClass {
  const turns = new ReadingTurns();
  return class WebsocketEngine extends WebSocketServer<typeof DoorWebSocket> {
    constructor(options: ServerOptions<typeof DoorWebSocket>) {
      const bounds = { maxPayload: limits.maxHelloBytes, maxFragments: MAX_FRAGMENTS, maxBufferedChunks: MAX_CHUNKS };
      const own = { closeTimeout: CLOSE_MS, autoPong: false, WebSocket: DoorWebSocket };
      super({ ...options, ...bounds, ...own } as typeof options);
    }

    override handleUpgrade(
      request: IncomingMessage,
      socket: Duplex,
      head: Buffer,
      callback: (client: DoorWebSocket, request: IncomingMessage) => void,
    ): void {
      // Engine.IO's way from long polling to a websocket, which nobody here can have begun; it passes `allowRequest` by.
      if (new URL(request.url ?? '', 'http://tandem').searchParams.has('sid')) {
        refuse(socket, 400, 'Bad Request');
        return;
      }
      const visit = door.arrive(clientAddress(request, trustsProxy));
      if (!visit) {
        refuse(socket, 503, 'Service Unavailable');
        return;
      }
      visits.set(request, visit);
      socket.once('close', () => visit.leave());
      super.handleUpgrade(request, socket, head, (websocket) => {
        websocket.begin(limits, turns);
        callback(websocket, request);
      });
    }
  };
}

function refuse(socket: Duplex, status: number, reason: string): void {
  socket.on('error', () => undefined);
  socket.once('finish', () => socket.destroy());
  socket.end(`HTTP/1.1 ${status} ${reason}\r\nConnection: close\r\nRetry-After: 2\r\nContent-Length: 0\r\n\r\n`);
}
