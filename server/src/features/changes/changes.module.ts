import {
  type BeforeApplicationShutdown,
  type DynamicModule,
  Module,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import type { Logger } from 'pino';
import { BusChanges } from '../../core/access/bus-changes.js';
import { ChangeLog } from '../../core/access/change-log.js';
import { SocketsGateway } from '../../platform/sockets/sockets.gateway.js';
import { ChangeWatch } from './change-watch.js';

/** Changes that other nodes made, with the bus or without it (decision 012). */
@Module({})
export class ChangesModule implements OnApplicationBootstrap, BeforeApplicationShutdown {
  constructor(private readonly watch: ChangeWatch) {}

  static create(isAlone: boolean, logger: Logger): DynamicModule {
    return {
      module: ChangesModule,
      providers: [
        {
          provide: ChangeWatch,
          inject: [ChangeLog, BusChanges, SocketsGateway],
          useFactory: (log: ChangeLog, changes: BusChanges, sockets: SocketsGateway) => {
            const onLost = () => {
              sockets.drain();
              sockets.disconnectAll();
            };
            return new ChangeWatch(log, changes, { isAlone, onLost }, logger);
          },
        },
      ],
    };
  }

  onApplicationBootstrap(): Promise<void> {
    return this.watch.start();
  }

  beforeApplicationShutdown(): void {
    this.watch.stop();
  }
}
