import {
  type BeforeApplicationShutdown,
  type DynamicModule,
  Module,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import type { Logger } from 'pino';
import { Changes } from '../../core/access/changes.js';
import { Memberships } from '../../core/access/memberships.js';
import { AiQueue } from '../../core/ai/ai-queue.js';
import { AiRelay } from '../../core/ai/ai-relay.js';
import { AiRequests } from '../../core/ai/ai-requests.js';
import { DiagnosticsStore } from '../../core/ai/diagnostics-store.js';
import { Models } from '../../core/ai/models.js';
import { RoomFrames } from '../../core/document/room-frames.js';
import { SocketsGateway } from '../../platform/sockets/sockets.gateway.js';
import { RoomEngine } from '../documents/room-engine.js';
import { ProjectAudience } from '../projects/project-audience.js';
import { AiGateway } from './ai-gateway.js';
import { AiController } from './rest/ai.controller.js';
import { AttributionsController } from './rest/attributions.controller.js';

/** Where editors ask for completions and analysis, and what brings them the answers. */
@Module({})
export class AiModule implements OnApplicationBootstrap, BeforeApplicationShutdown {
  constructor(
    private readonly gateway: AiGateway,
    private readonly sockets: SocketsGateway,
    private readonly engine: RoomEngine,
  ) {}

  static create(analysis: 'edits' | 'request', logger: Logger): DynamicModule {
    return {
      module: AiModule,
      controllers: [AiController, AttributionsController],
      providers: [
        {
          provide: AiGateway,
          inject: [
            AiRequests,
            AiQueue,
            AiRelay,
            DiagnosticsStore,
            Models,
            Memberships,
            Changes,
            RoomEngine,
            ProjectAudience,
            RoomFrames,
          ],
          useFactory: (
            requests: AiRequests,
            queue: AiQueue,
            relay: AiRelay,
            store: DiagnosticsStore,
            models: Models,
            memberships: Memberships,
            changes: Changes,
            engine: RoomEngine,
            audience: ProjectAudience,
            frames: RoomFrames,
          ) =>
            new AiGateway({
              requests,
              queue,
              relay,
              store,
              models,
              memberships,
              changes,
              rooms: engine.rooms,
              audience,
              frames,
              logger,
              analysis,
            }),
        },
      ],
    };
  }

  onApplicationBootstrap(): void {
    for (const feature of this.gateway.sockets) this.sockets.add(feature);
    this.engine.companions.add(this.gateway.companion);
    this.gateway.start();
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.gateway.stop();
  }
}
