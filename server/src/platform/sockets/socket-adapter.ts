import type { IncomingMessage } from 'node:http';
import type { INestApplication } from '@nestjs/common';
import { IoAdapter } from '@nestjs/platform-socket.io';
import type { Limits } from '@tandem/protocol';
import type { Server, ServerOptions } from 'socket.io';
import { SocketDoor } from './socket-door.js';
import { websocketEngine } from './websocket-engine.js';

/** Socket.IO over websockets only: no sticky sessions, no compression, stock parser. */
export class SocketAdapter extends IoAdapter {
  constructor(
    private readonly app: INestApplication,
    private readonly limits: Limits,
    private readonly allowedOrigins: readonly string[],
  ) {
    super(app);
  }

  override createIOServer(port: number, options?: ServerOptions): Server {
    return super.createIOServer(port, {
      ...options,
      transports: ['websocket'],
      serveClient: false,
      perMessageDeflate: false,
      httpCompression: false,
      maxHttpBufferSize: this.limits.maxPacketBytes,
      wsEngine: websocketEngine({
        limits: this.limits,
        door: this.app.get(SocketDoor, { strict: false }),
        trustsProxy: this.app.getHttpAdapter().getInstance().get('trust proxy fn'),
      }),
      connectTimeout: 5000,
      pingInterval: 10_000,
      pingTimeout: 15_000,
      allowRequest: (request: IncomingMessage, decide: (error: string | null, ok: boolean) => void) => {
        const isAllowed = isOriginAllowed(request, this.allowedOrigins);
        decide(isAllowed ? null : 'origin not allowed', isAllowed);
      },
    } as ServerOptions) as Server;
  }
}

/**
 * A page of another origin may not open a socket in its visitor's name (A24). Programs send no Origin; the playground's
 * own is the host that it was loaded from.
 */
export function isOriginAllowed(request: IncomingMessage, allowed: readonly string[]): boolean {
  const { origin, host } = request.headers;
  if (origin === undefined) return true;
  if (allowed.includes(origin)) return true;
  return host !== undefined && (origin === `http://${host}` || origin === `https://${host}`);
}
