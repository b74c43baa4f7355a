import 'reflect-metadata';
import { type DynamicModule, type INestApplicationContext, Module, type OnApplicationShutdown } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type pino from 'pino';
import { DataSource } from 'typeorm';
import { createDataSource } from './adapters/postgres/data-source.js';
import { PostgresUpdateLog } from './adapters/postgres/update-log/postgres-update-log.js';
import { WorkerCompactor } from './adapters/worker/worker-compactor.js';
import { AdaptersModule } from './composition/adapters.module.js';
import { aiBindings } from './composition/ai-bindings.js';
import { bind } from './composition/bind.js';
import { busBindings } from './composition/bus-bindings.js';
import type { AppConfig } from './config/app-config.js';
import { Compactor } from './core/document/compactor.js';
import { UpdateLog } from './core/document/update-log.js';
import { AiConnectionsModule } from './features/ai/ai-connections.module.js';
import { AiWorkerModule } from './features/ai/ai-worker.module.js';
import { NestLogger } from './platform/logging/nest-logger.js';
import { MetricsModule } from './platform/metrics/metrics.module.js';

export interface WorkerOptions {
  readonly config: AppConfig;
  /** Of a database with all migrations. */
  readonly databaseUrl: string;
  readonly logger: pino.Logger;
}

@Module({})
class WorkerModule implements OnApplicationShutdown {
  constructor(
    private readonly compactor: Compactor,
    private readonly log: UpdateLog,
  ) {}

  static create(options: WorkerOptions, database: DataSource): DynamicModule {
    const { logger } = options;
    const documents = [
      bind(UpdateLog, [DataSource], (db: DataSource) => new PostgresUpdateLog(db)),
      bind(Compactor, [], () => new WorkerCompactor()),
    ];
    return {
      module: WorkerModule,
      imports: [
        MetricsModule.create(),
        AdaptersModule.create(
          [...documents, ...busBindings(options, logger), ...aiBindings(options, logger)],
          database,
        ),
        AiConnectionsModule,
        AiWorkerModule.create(logger),
      ],
    };
  }

  async onApplicationShutdown(): Promise<void> {
    await this.compactor.close();
    await this.log.close();
  }
}

/** A worker without doors: it takes AI requests until `close()`. */
export async function createWorker(options: WorkerOptions): Promise<INestApplicationContext> {
  const database = createDataSource(options.databaseUrl);
  try {
    return await NestFactory.createApplicationContext(WorkerModule.create(options, database), {
      logger: new NestLogger(options.logger),
      abortOnError: false,
    });
  } catch (error) {
    if (database.isInitialized) await database.destroy();
    throw error;
  }
}
