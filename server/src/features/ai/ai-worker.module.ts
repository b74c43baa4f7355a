import {
  type BeforeApplicationShutdown,
  type DynamicModule,
  Module,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import type { Logger } from 'pino';
import { Registry } from 'prom-client';
import { AiQueue } from '../../core/ai/ai-queue.js';
import { AiRelay } from '../../core/ai/ai-relay.js';
import { AiRequests } from '../../core/ai/ai-requests.js';
import { Analyzers } from '../../core/ai/analyzers.js';
import { DiagnosticsStore } from '../../core/ai/diagnostics-store.js';
import { LearningModel } from '../../core/ai/learning-model.js';
import { Models } from '../../core/ai/models.js';
import { ProjectFiles } from '../../core/ai/project-files.js';
import { SecretFilter } from '../../core/ai/prompt/secret-filter.js';
import { Replicas } from '../../core/ai/replicas.js';
import { Compactor } from '../../core/document/compactor.js';
import { UpdateLog } from '../../core/document/update-log.js';
import { AiShutdown } from './ai-shutdown.js';
import { AiMetrics } from './worker/ai-metrics.js';
import { AiWorker } from './worker/ai-worker.js';
import { AnalysisRunner } from './worker/analysis-runner.js';
import { Claims } from './worker/claims.js';
import { CompletionRunner } from './worker/completion-runner.js';
import { ContextBuilder } from './worker/context-builder.js';
import { DocumentReplicas } from './worker/document-replicas.js';
import { ProjectCorpus } from './worker/project-corpus.js';

/** What answers AI requests: in a server, or in a process of its own. */
@Module({})
export class AiWorkerModule implements OnApplicationBootstrap, BeforeApplicationShutdown {
  constructor(
    private readonly worker: AiWorker,
    private readonly context: ContextBuilder,
    private readonly replicas: Replicas,
    private readonly models: Models,
    private readonly analyzers: Analyzers,
    private readonly shutdown: AiShutdown,
  ) {}

  static create(logger: Logger): DynamicModule {
    return {
      module: AiWorkerModule,
      providers: [
        {
          provide: DocumentReplicas,
          inject: [UpdateLog, Replicas],
          useFactory: (log: UpdateLog, replicas: Replicas) => new DocumentReplicas(log, replicas),
        },
        {
          provide: AiMetrics,
          inject: [Registry],
          useFactory: (registry: Registry) => new AiMetrics(registry, logger),
        },
        {
          provide: ContextBuilder,
          inject: [ProjectFiles, DocumentReplicas, LearningModel, UpdateLog, Compactor, SecretFilter, AiMetrics],
          useFactory: (
            files: ProjectFiles,
            replicas: DocumentReplicas,
            model: LearningModel,
            log: UpdateLog,
            compactor: Compactor,
            secrets: SecretFilter,
            metrics: AiMetrics,
          ) => new ContextBuilder(files, replicas, new ProjectCorpus(model, files, log, compactor, metrics), secrets),
        },
        { provide: Claims, inject: [AiRequests], useFactory: (requests: AiRequests) => new Claims(requests) },
        {
          provide: CompletionRunner,
          inject: [AiRequests, Claims, AiRelay, DocumentReplicas, ContextBuilder, Models, AiMetrics],
          useFactory: (...parts: ConstructorParameters<typeof CompletionRunner>) => new CompletionRunner(...parts),
        },
        {
          provide: AnalysisRunner,
          inject: [AiRequests, AiRelay, DocumentReplicas, DiagnosticsStore, Analyzers, AiMetrics],
          useFactory: (
            requests: AiRequests,
            relay: AiRelay,
            replicas: DocumentReplicas,
            store: DiagnosticsStore,
            analyzers: Analyzers,
            metrics: AiMetrics,
          ) => new AnalysisRunner(requests, relay, replicas, store, analyzers.all, metrics),
        },
        {
          provide: AiWorker,
          inject: [AiQueue, AiRelay, AiRequests, Claims, CompletionRunner, AnalysisRunner, AiMetrics],
          useFactory: (...parts: ConstructorParameters<typeof AiWorker>) => new AiWorker(...parts),
        },
      ],
    };
  }

  onApplicationBootstrap(): void {
    void this.context.warmUp();
    this.worker.start();
  }

  /** Not waited for here: editors are told to leave, and what they sent is stored, meanwhile. */
  beforeApplicationShutdown(): void {
    this.shutdown.waitFor(this.stop());
  }

  private async stop(): Promise<void> {
    await this.worker.stop();
    await Promise.all([this.replicas.close(), this.models.close(), this.analyzers.close()]);
  }
}
