import {
  type BeforeApplicationShutdown,
  type DynamicModule,
  Module,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import type { Logger } from 'pino';
import { Registry } from 'prom-client';
import { Changes } from '../../core/access/changes.js';
import { Memberships } from '../../core/access/memberships.js';
import { Nodes } from '../../core/cluster/nodes.js';
import { Compactor } from '../../core/document/compactor.js';
import { DocumentContents } from '../../core/document/document-contents.js';
import { DocumentDigests } from '../../core/document/document-digests.js';
import { Quarantine } from '../../core/document/quarantine.js';
import { RoomBus } from '../../core/document/room-bus.js';
import { RoomFrames } from '../../core/document/room-frames.js';
import { UpdateLog } from '../../core/document/update-log.js';
import { SocketsGateway } from '../../platform/sockets/sockets.gateway.js';
import { DocumentsSocket } from './documents.socket.js';
import { DocumentsRestModule } from './rest/documents-rest.module.js';
import { RoomContents } from './room-contents.js';
import { RoomEngine, type RoomEngineSettings } from './room-engine.js';
import { RoomMetrics } from './room-metrics.js';

/** How long a shutdown waits for edits to be committed, in milliseconds. */
const FLUSH_MS = 4_000;

/** The documents of a node: rooms, their socket events, their REST. */
@Module({})
export class DocumentsModule implements OnApplicationBootstrap, BeforeApplicationShutdown {
  constructor(
    private readonly engine: RoomEngine,
    private readonly sockets: SocketsGateway,
    private readonly compactor: Compactor,
    private readonly digests: DocumentDigests,
    private readonly log: UpdateLog,
  ) {}

  static create(settings: RoomEngineSettings, logger: Logger): DynamicModule {
    return {
      module: DocumentsModule,
      global: true,
      imports: [DocumentsRestModule],
      providers: [
        {
          provide: RoomEngine,
          inject: [
            UpdateLog,
            RoomBus,
            Nodes,
            Compactor,
            Quarantine,
            DocumentDigests,
            Memberships,
            Changes,
            RoomFrames,
            Registry,
          ],
          useFactory: (
            log: UpdateLog,
            bus: RoomBus,
            nodes: Nodes,
            compactor: Compactor,
            quarantine: Quarantine,
            digests: DocumentDigests,
            memberships: Memberships,
            changes: Changes,
            frames: RoomFrames,
            registry: Registry,
          ) => {
            const observer = new RoomMetrics(registry);
            const documents = { log, compactor, quarantine, digests };
            const ports = { ...documents, bus, nodes, memberships, changes, frames, logger, observer };
            const engine = new RoomEngine(ports, settings);
            observer.watch(engine.rooms);
            observer.watchOpens(engine.flow.opens);
            return engine;
          },
        },
        {
          provide: DocumentContents,
          inject: [RoomEngine, Compactor],
          useFactory: ({ rooms, host }: RoomEngine, compactor: Compactor) => new RoomContents(rooms, host, compactor),
        },
      ],
      exports: [RoomEngine, DocumentContents],
    };
  }

  onApplicationBootstrap(): void {
    this.sockets.add(
      new DocumentsSocket(this.engine.host, this.engine.settings.limits, this.engine.companions, this.engine.flow),
    );
    this.engine.start();
  }

  /** Editors are told, what they sent is committed, and only then do their connections end. */
  async beforeApplicationShutdown(): Promise<void> {
    this.sockets.drain();
    await this.engine.flush(FLUSH_MS);
    this.sockets.close();
    await this.engine.stop();
    await Promise.all([this.compactor.close(), this.digests.close()]);
    await this.log.close();
  }
}
