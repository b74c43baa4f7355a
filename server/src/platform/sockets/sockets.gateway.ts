import { Inject } from '@nestjs/common';
import {
  type OnGatewayConnection,
  type OnGatewayDisconnect,
  type OnGatewayInit,
  WebSocketGateway,
} from '@nestjs/websockets';
import { type EventOf, type HandshakeAuth, type Limits, PROTOCOL_VERSION } from '@tandem/protocol';
import type { Logger } from 'pino';
import { Registry } from 'prom-client';
import type { Server, Socket } from 'socket.io';
import { AccessTokens, type TokenClaims } from '../../core/access/access-tokens.js';
import { KeyedBuckets } from '../../core/limits/keyed-buckets.js';
import { AdmissionGate } from '../limits/admission-gate.js';
import { authenticate } from './authenticate.js';
import { Connection } from './connection.js';
import { ConnectionPace } from './connection-pace.js';
import { dispatch } from './dispatcher.js';
import { DoorWebSocket } from './door-websocket.js';
import { OutboundBudget } from './outbound-budget.js';
import { type DoorBounds, SocketDoor } from './socket-door.js';
import type { Handlers, SocketFeature } from './socket-feature.js';
import { engineOf, forgetRequest } from './socket-internals.js';
import { SocketMetrics } from './socket-metrics.js';
import type { SocketPeer } from './socket-peer.js';

export interface SocketSettings {
  /** What this node is called in `server:hello`, as in its lease. */
  readonly node: string;
  readonly limits: Limits;
  readonly capacity: SocketCapacity;
  readonly logger: Logger;
}

export interface SocketCapacity extends Omit<DoorBounds, 'connectionsPerUser'> {
  readonly handshakesAtOnce: number;
  /** Bytes that may wait for all readers. */
  readonly outboundBytes: number;
  readonly requestRatePerUser: number;
  readonly requestBurstPerUser: number;
}

export const SOCKET_SETTINGS = Symbol('SocketSettings');

/** How long a sign-in may wait for its turn, in milliseconds: less than Socket.IO waits for it. */
const SIGN_IN_PATIENCE_MS = 4000;
/** How long a connection has to close in good order, in milliseconds. */
const CLOSE_MS = 500;

/** The door for editors: signs them in, greets them, and hands their events to the features. */
@WebSocketGateway()
export class SocketsGateway implements OnGatewayInit, OnGatewayConnection, OnGatewayDisconnect {
  private readonly connections = new Map<Socket, Connection>();
  private readonly metrics: SocketMetrics;
  private readonly features: SocketFeature[] = [];
  private readonly signIns: AdmissionGate<string>;
  private readonly requestsOfPeople: KeyedBuckets;
  private readonly outbound: OutboundBudget;
  private server: Server | undefined;

  constructor(
    private readonly tokens: AccessTokens,
    @Inject(SOCKET_SETTINGS) private readonly settings: SocketSettings,
    door: SocketDoor,
    registry: Registry,
  ) {
    const { handshakesAtOnce, pendingConnections, requestBurstPerUser, requestRatePerUser } = settings.capacity;
    this.signIns = new AdmissionGate({
      slots: handshakesAtOnce,
      waiting: pendingConnections,
      patienceMs: SIGN_IN_PATIENCE_MS,
    });
    this.requestsOfPeople = new KeyedBuckets(requestBurstPerUser, requestRatePerUser);
    this.outbound = new OutboundBudget(() => this.peers(), settings.capacity.outboundBytes);
    this.metrics = new SocketMetrics(registry, this.connections, door);
  }

  /** Called by the modules of features while the application starts. */
  add(feature: SocketFeature): void {
    this.features.push(feature);
  }

  afterInit(server: Server): void {
    this.server = server;
    this.outbound.start();
    server.use(authenticate(this.tokens, this.signIns, (code) => this.metrics.turnedAway(code)));
  }

  handleConnection(socket: Socket): void {
    const { claims } = socket.data as { claims: TokenClaims };
    const isPacked = (socket.handshake.auth as Partial<HandshakeAuth>).packed === 1;
    forgetRequest(socket);
    const connection = new Connection(socket, claims, isPacked);
    this.connections.set(socket, connection);
    connection.peer.maxBacklog = this.outbound.maxBacklog;
    const door = DoorWebSocket.of(socket);
    door?.admit();
    // Its pongs are not read either, while it has sent too much.
    door?.on('held', () => engineOf(socket).pingTimeoutTimer?.refresh());
    const pace = new ConnectionPace(connection, this.settings.limits, this.requestsOfPeople, door);
    const handlers: Handlers = {};
    for (const feature of this.features) Object.assign(handlers, feature.connect(connection));
    const logger = this.settings.logger.child({ userId: claims.userId, socketId: socket.id });
    dispatch(connection, handlers, pace, logger, this.metrics);
    connection.emit('server:hello', {
      node: this.settings.node,
      protocol: PROTOCOL_VERSION,
      limits: { ...this.settings.limits },
      now: Date.now(),
      userId: claims.userId,
      ...(isPacked ? { packed: 1 as const } : {}),
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

  /** Ends all connections, for good. */
  close(): void {
    this.outbound.stop();
    this.disconnectAll();
  }

  /** Ends all connections; whoever comes back is let in. */
  disconnectAll(): void {
    const open = [...this.connections.keys()];
    this.server?.disconnectSockets(true);
    // Who does not read does not answer the close either; the server does not wait for them.
    setTimeout(() => {
      for (const socket of open) terminate(socket);
    }, CLOSE_MS).unref();
  }

  private *peers(): Iterable<SocketPeer> {
    for (const { peer } of this.connections.values()) yield peer;
  }
}

function terminate(socket: Socket): void {
  engineOf(socket).transport.socket?.terminate();
}
