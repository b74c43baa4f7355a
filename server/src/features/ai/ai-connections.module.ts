import { Module, type OnApplicationShutdown } from '@nestjs/common';
import { AiQueue } from '../../core/ai/ai-queue.js';
import { AiRelay } from '../../core/ai/ai-relay.js';

/** Gives the connections of the queue and the relay back, after everything that uses them has stopped. */
@Module({})
export class AiConnectionsModule implements OnApplicationShutdown {
  constructor(
    private readonly queue: AiQueue,
    private readonly relay: AiRelay,
  ) {}

  async onApplicationShutdown(): Promise<void> {
    await Promise.all([this.queue.close(), this.relay.close()]);
  }
}
