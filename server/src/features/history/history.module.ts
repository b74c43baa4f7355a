import {
  type BeforeApplicationShutdown,
  type DynamicModule,
  Module,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
} from '@nestjs/common';
import type { Logger } from 'pino';
import { Registry } from 'prom-client';
import { Memberships } from '../../core/access/memberships.js';
import { RoomBus } from '../../core/document/room-bus.js';
import { HistoryWork } from '../../core/history/history-work.js';
import { PastDocuments } from '../../core/history/past-documents.js';
import { PastTexts } from '../../core/history/past-texts.js';
import { Resets } from '../../core/history/resets.js';
import { RetentionStore } from '../../core/history/retention-store.js';
import { Versions } from '../../core/history/versions.js';
import { RoomEngine } from '../documents/room-engine.js';
import { DocumentResets } from './document-resets.js';
import { HistoryController } from './history.controller.js';
import { PastContents } from './past-contents.js';
import { Restores } from './restores.js';
import { Retention } from './retention.js';
import { RetentionMetrics } from './retention-metrics.js';
import { ServerEdits } from './server-edits.js';
import { VersionsController } from './versions.controller.js';

/** What documents were: REST, and retention (decision 009). */
@Module({})
export class HistoryModule implements OnApplicationBootstrap, BeforeApplicationShutdown, OnApplicationShutdown {
  private stopped: Promise<unknown> | undefined;

  constructor(
    private readonly retention: Retention,
    private readonly work: HistoryWork,
  ) {}

  static create(logger: Logger): DynamicModule {
    return {
      module: HistoryModule,
      global: true,
      controllers: [HistoryController, VersionsController],
      providers: [
        {
          provide: PastContents,
          inject: [PastDocuments, Versions, HistoryWork],
          useFactory: (past: PastDocuments, versions: Versions, work: HistoryWork) =>
            new PastContents(past, versions, work),
        },
        { provide: PastTexts, useExisting: PastContents },
        {
          provide: Restores,
          inject: [PastContents, HistoryWork, RoomEngine, Memberships],
          useFactory: (contents: PastContents, work: HistoryWork, engine: RoomEngine, memberships: Memberships) =>
            new Restores(contents, work, new ServerEdits(engine), memberships),
        },
        {
          provide: DocumentResets,
          inject: [PastContents, HistoryWork, Resets, Memberships, RoomEngine, RoomBus],
          useFactory: (
            contents: PastContents,
            work: HistoryWork,
            resets: Resets,
            memberships: Memberships,
            engine: RoomEngine,
            bus: RoomBus,
          ) =>
            new DocumentResets(contents, work, resets, memberships, async (documentId, { epoch, seq }) => {
              bus.publish({ type: 'edits', documentId, epoch, fromSeq: seq, seq, update: undefined });
              // It has happened; whoever is not told now finds out within a second.
              await engine
                .look(documentId)
                .catch((error: unknown) => logger.warn({ err: error, documentId }, 'a reset'));
            }),
        },
        {
          provide: Retention,
          inject: [RetentionStore, HistoryWork, Registry],
          useFactory: (store: RetentionStore, work: HistoryWork, registry: Registry) =>
            new Retention(store, work, new RetentionMetrics(registry), logger),
        },
      ],
      exports: [PastTexts],
    };
  }

  onApplicationBootstrap(): void {
    this.retention.start();
  }

  /**
   * Begins it, and waits for nothing: editors are told after this. The threads end at once, whatever they are at; who waits for
   * one is told to come back.
   */
  beforeApplicationShutdown(): void {
    this.stopped = Promise.allSettled([this.retention.stop(), this.work.close()]);
  }

  /** The pool closes after this. */
  async onApplicationShutdown(): Promise<void> {
    await this.stopped;
  }
}
