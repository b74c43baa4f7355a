import { randomUUID } from 'node:crypto';
import { Inject } from '@nestjs/common';
import {
  type OnGatewayConnection,
  type OnGatewayDisconnect,
  type OnGatewayInit,
  WebSocketGateway,
} from '@nestjs/websockets';
import { type EventOf, type Limits, PROTOCOL_VERSION } from '@tandem/protocol';
import type { Logger } from 'pino';
import { Registry } from 'prom-client';
import type { Server, Socket } from 'socket.io';
import { AccessTokens, type TokenClaims } from '../../core/access/access-tokens.js';
import { authenticate } from './authenticate.js';
import { Connection } from './connection.js';
import { dispatch } from './dispatcher.js';
import type { Handlers, SocketFeature } from './socket-feature.js';
import { SocketMetrics } from './socket-metrics.js';

export interface SocketSettings {
  readonly limits: Limits;
  readonly logger: Logger;
}

export const SOCKET_SETTINGS = Symbol('SocketSettings');

/** How long a connection has to close in good order, in milliseconds. */
const CLOSE_MS = 500;

/** The door for editors: signs them in, greets them, and hands their events to the features. */
@WebSocketGateway()
export class SocketsGateway implements OnGatewayInit, OnGatewayConnection, OnGatewayDisconnect {
  private readonly node = randomUUID().slice(0, 8);
  private readonly connections = new Map<Socket, Connection>();
  private readonly metrics: SocketMetrics;
  private readonly features: SocketFeature[] = [];
  private server: Server | undefined;

  constructor(
    private readonly tokens: AccessTokens,
    @Inject(SOCKET_SETTINGS) private readonly settings: SocketSettings,
    registry: Registry,
  ) {
    this.metrics = new SocketMetrics(registry, this.connections);
  }

  /** Called by the modules of features while the application starts. */
  add(feature: SocketFeature): void {
    this.features.push(feature);
  }

  afterInit(server: Server): void {
    this.server = server;
    server.use(authenticate(this.tokens));
  }

  handleConnection(socket: Socket): void {
    const { claims } = socket.data as { claims: TokenClaims };
    const connection = new Connection(socket, claims);
    this.connections.set(socket, connection);
    const handlers: Handlers = {};
    for (const feature of this.features) Object.assign(handlers, feature.connect(connection));
    const logger = this.settings.logger.child({ userId: claims.userId, socketId: socket.id });
    dispatch(connection, handlers, logger, this.metrics);
    connection.emit('server:hello', {
      node: this.node,
      protocol: PROTOCOL_VERSION,
      limits: { ...this.settings.limits },
      now: Date.now(),
      userId: claims.userId,
    });
  }

  handleDisconnect(socket: Socket): void {
    const connection = this.connections.get(socket);
    if (!connection) return;
    this.connections.delete(socket);
    for (const feature of this.features) feature.disconnect(connection);
  }

  /** Tells every editor to come back in a moment, not all in the same one. */
  drain(): void {
    for (const connection of this.connections.values()) {
      const body: EventOf<'server:drain'> = { reconnectAfterMs: 100 + Math.floor(Math.random() * 900) };
      connection.emit('server:drain', body);
    }
  }

  /** Ends all connections. */
  close(): void {
    const open = [...this.connections.keys()];
    this.server?.disconnectSockets(true);
    // Who does not read does not answer the close either; the server does not wait for them.
    setTimeout(() => {
      for (const socket of open) terminate(socket);
    }, CLOSE_MS).unref();
  }
}

function terminate(socket: Socket): void {
  const { transport } = socket.conn as unknown as { transport?: { socket?: { terminate?(): void } } };
  transport?.socket?.terminate?.();
}
