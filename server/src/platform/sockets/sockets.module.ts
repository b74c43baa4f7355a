import { type DynamicModule, Module } from '@nestjs/common';
import type { Limits } from '@tandem/protocol';
import type { Logger } from 'pino';
import { SocketDoor } from './socket-door.js';
import { SOCKET_SETTINGS, type SocketCapacity, type SocketSettings, SocketsGateway } from './sockets.gateway.js';

/** The socket door. The features that speak through it register themselves with `SocketsGateway.add`. */
@Module({})
export class SocketsModule {
  static create(node: string, limits: Limits, capacity: SocketCapacity, logger: Logger): DynamicModule {
    const settings: SocketSettings = { node, limits, capacity, logger };
    const door = new SocketDoor({ ...capacity, connectionsPerUser: limits.maxConnectionsPerUser });
    return {
      module: SocketsModule,
      global: true,
      providers: [
        SocketsGateway,
        { provide: SocketDoor, useValue: door },
        { provide: SOCKET_SETTINGS, useValue: settings },
      ],
      exports: [SocketsGateway, SocketDoor],
    };
  }
}
