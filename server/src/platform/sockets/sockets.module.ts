import { type DynamicModule, Module } from '@nestjs/common';
import type { Limits } from '@tandem/protocol';
import type { Logger } from 'pino';
import { SOCKET_SETTINGS, type SocketSettings, SocketsGateway } from './sockets.gateway.js';

/** The socket door. The features that speak through it register themselves with `SocketsGateway.add`. */
@Module({})
export class SocketsModule {
  static create(limits: Limits, logger: Logger): DynamicModule {
    const settings: SocketSettings = { limits, logger };
    return {
      module: SocketsModule,
      global: true,
      providers: [SocketsGateway, { provide: SOCKET_SETTINGS, useValue: settings }],
      exports: [SocketsGateway],
    };
  }
}
