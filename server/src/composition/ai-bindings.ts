import type { FactoryProvider } from '@nestjs/common';
import type pino from 'pino';
import { DataSource } from 'typeorm';
import { createAnalyzers } from '../adapters/analyzers/create-analyzers.js';
import { BullAiQueue } from '../adapters/bullmq/bull-ai-queue.js';
import { ModelReviewAnalyzer } from '../adapters/models/model-review-analyzer.js';
import { OpenAiCompletions } from '../adapters/models/openai-completions.js';
import { SecretlintFilter } from '../adapters/models/secretlint-filter.js';
import { PostgresAiRequests } from '../adapters/postgres/ai-requests.js';
import { PostgresAttributions } from '../adapters/postgres/attributions.js';
import { PostgresDiagnosticsStore } from '../adapters/postgres/diagnostics-store.js';
import { PostgresProjectFiles } from '../adapters/postgres/project-files.js';
import { StatementPool } from '../adapters/postgres/statement-pool.js';
import { NgramProvider } from '../adapters/worker/ngram-provider.js';
import { WorkerReplicas } from '../adapters/worker/worker-replicas.js';
import type { AppConfig, LanguageModelConfig } from '../config/app-config.js';
import { AiQueue } from '../core/ai/ai-queue.js';
import { AiRequests } from '../core/ai/ai-requests.js';
import { Analyzers } from '../core/ai/analyzers.js';
import { Attributions } from '../core/ai/attributions.js';
import { DiagnosticsStore } from '../core/ai/diagnostics-store.js';
import { LearningModel } from '../core/ai/learning-model.js';
import { Models } from '../core/ai/models.js';
import { ProjectFiles } from '../core/ai/project-files.js';
import { SecretFilter } from '../core/ai/prompt/secret-filter.js';
import { Replicas } from '../core/ai/replicas.js';
import { bind } from './bind.js';

export interface AiOptions {
  readonly config: AppConfig;
  readonly databaseUrl: string;
}

/** The AI half behind its ports; the same in a server and in a worker of its own. */
export function aiBindings({ config, databaseUrl }: AiOptions, logger: pino.Logger): FactoryProvider[] {
  const report = (what: string) => (error: unknown) => logger.warn({ err: error }, what);
  const { languageModel } = config.ai;
  const secrets = new SecretlintFilter();
  return [
    bind(StatementPool, [], () => new StatementPool(databaseUrl, { size: 6, isDurable: false, name: 'tandem-ai' })),
    bind(AiRequests, [StatementPool], (pool: StatementPool) => new PostgresAiRequests(pool)),
    bind(Attributions, [DataSource], (db: DataSource) => new PostgresAttributions(db)),
    bind(DiagnosticsStore, [DataSource], (db: DataSource) => new PostgresDiagnosticsStore(db)),
    bind(ProjectFiles, [StatementPool], (pool: StatementPool) => new PostgresProjectFiles(pool)),
    bind(AiQueue, [], () =>
      config.redisUrl
        ? BullAiQueue.onRedis(config.redisUrl, report('the AI queue has trouble'))
        : BullAiQueue.onPostgres(databaseUrl, report('the AI queue has trouble')),
    ),
    bind(Replicas, [], () => new WorkerReplicas()),
    bind(SecretFilter, [], () => secrets),
    bind(LearningModel, [], () => new NgramProvider()),
    bind(
      Models,
      [LearningModel],
      (ngram: LearningModel) => new Models(languageModel ? [createLanguageModel(languageModel), ngram] : [ngram]),
    ),
    bind(Analyzers, [], () => new Analyzers([...createAnalyzers(), ...createReviewers(languageModel, secrets)])),
  ];
}

function createLanguageModel(settings: LanguageModelConfig): OpenAiCompletions {
  return new OpenAiCompletions({ ...settings, name: settings.model });
}

function createReviewers(settings: LanguageModelConfig | undefined, secrets: SecretlintFilter): ModelReviewAnalyzer[] {
  return settings?.reviewModel ? [new ModelReviewAnalyzer({ ...settings, model: settings.reviewModel }, secrets)] : [];
}
