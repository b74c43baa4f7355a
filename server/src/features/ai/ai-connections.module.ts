import { Global, Module, type OnApplicationShutdown } from '@nestjs/common';
import { AiQueue } from '../../core/ai/ai-queue.js';
import { AiRequests } from '../../core/ai/ai-requests.js';
import { NodeBus } from '../../core/bus/node-bus.js';
import { AiShutdown } from './ai-shutdown.js';

/** Gives the connections of the queue, the record and the bus back, after everything that uses them has stopped. */
@Global()
@Module({ providers: [AiShutdown], exports: [AiShutdown] })
export class AiConnectionsModule implements OnApplicationShutdown {
  constructor(
    private readonly queue: AiQueue,
    private readonly requests: AiRequests,
    private readonly bus: NodeBus,
    private readonly shutdown: AiShutdown,
  ) {}

  async onApplicationShutdown(): Promise<void> {
    await this.shutdown.ended();
    await Promise.all([this.queue.close(), this.requests.close(), this.bus.close()]);
  }
}
