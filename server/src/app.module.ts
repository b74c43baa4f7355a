import 'reflect-metadata';
import { randomUUID } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { type DynamicModule, type FactoryProvider, type INestApplication, Module } from '@nestjs/common';
import { APP_FILTER, APP_GUARD, NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { DEFAULT_LIMITS, type Limits } from '@tandem/protocol';
import type pino from 'pino';
import { DataSource } from 'typeorm';
import { createDataSource } from './adapters/postgres/data-source.js';
import { PostgresDemoProject } from './adapters/postgres/demo-project.js';
import { PostgresDocumentsDirectory } from './adapters/postgres/documents-directory.js';
import { PostgresMembers } from './adapters/postgres/members.js';
import { PostgresNodes } from './adapters/postgres/nodes.js';
import { PostgresPathRuleStore } from './adapters/postgres/path-rule-store.js';
import { PostgresProjects } from './adapters/postgres/projects.js';
import { PostgresReadiness } from './adapters/postgres/readiness.js';
import { PostgresQuarantine } from './adapters/postgres/update-log/postgres-quarantine.js';
import { PostgresUpdateLog } from './adapters/postgres/update-log/postgres-update-log.js';
import { WorkerCompactor } from './adapters/worker/worker-compactor.js';
import { WorkerDigests } from './adapters/worker/worker-digests.js';
import { accessBindings } from './composition/access-bindings.js';
import { AdaptersModule } from './composition/adapters.module.js';
import { aiBindings } from './composition/ai-bindings.js';
import { bind } from './composition/bind.js';
import { busBindings, isAlone } from './composition/bus-bindings.js';
import { historyBindings } from './composition/history-bindings.js';
import type { AppConfig } from './config/app-config.js';
import { AuditLog } from './core/access/audit-log.js';
import { WrongSecretError } from './core/access/signing-keys.js';
import { Nodes } from './core/cluster/nodes.js';
import { Compactor } from './core/document/compactor.js';
import { DocumentDigests } from './core/document/document-digests.js';
import { Quarantine } from './core/document/quarantine.js';
import { RoomFrames } from './core/document/room-frames.js';
import { UpdateLog } from './core/document/update-log.js';
import { Readiness } from './core/health/readiness.js';
import { DemoProject } from './core/project/demo-project.js';
import { DocumentsDirectory } from './core/project/documents-directory.js';
import { Members } from './core/project/members.js';
import { PathRuleStore } from './core/project/path-rule-store.js';
import { Projects } from './core/project/projects.js';
import { AiModule } from './features/ai/ai.module.js';
import { AiConnectionsModule } from './features/ai/ai-connections.module.js';
import { AiWorkerModule } from './features/ai/ai-worker.module.js';
import { AuditModule } from './features/audit/audit.module.js';
import { AccountThrottleGuard } from './features/auth/account-throttle.guard.js';
import { AuthModule } from './features/auth/auth.module.js';
import { ChangesModule } from './features/changes/changes.module.js';
import { DemoModule } from './features/demo/demo.module.js';
import { DemoService } from './features/demo/demo.service.js';
import { DocumentsModule } from './features/documents/documents.module.js';
import { FactorsModule } from './features/factors/factors.module.js';
import { HealthModule } from './features/health/health.module.js';
import { HealthSettings } from './features/health/health-settings.js';
import { HistoryModule } from './features/history/history.module.js';
import { InvitationsModule } from './features/invitations/invitations.module.js';
import { OidcModule } from './features/oidc/oidc.module.js';
import { ProjectsModule } from './features/projects/projects.module.js';
import { SessionsModule } from './features/sessions/sessions.module.js';
import { TokensModule } from './features/tokens/tokens.module.js';
import { UsersModule } from './features/users/users.module.js';
import { AuthGuard } from './platform/http/auth.guard.js';
import { HttpAdapter } from './platform/http/http-adapter.js';
import { ProblemFilter } from './platform/http/problem.filter.js';
import { answerUnknownPaths, setUpHttp } from './platform/http/set-up-http.js';
import { StartError } from './platform/lifecycle/start-error.js';
import { createLogger } from './platform/logging/create-logger.js';
import { loggingModule } from './platform/logging/logging.module.js';
import { NestLogger } from './platform/logging/nest-logger.js';
import { MetricsModule } from './platform/metrics/metrics.module.js';
import { PacketFrames } from './platform/sockets/packet-frame.js';
import { SocketAdapter } from './platform/sockets/socket-adapter.js';
import { SocketsModule } from './platform/sockets/sockets.module.js';

export interface AppOptions {
  readonly config: AppConfig;
  /** Of a database with all migrations. */
  readonly databaseUrl: string;
  readonly secret: string;
  /** Where log lines go instead of stderr. */
  readonly logDestination?: pino.DestinationStream;
}

const PLAYGROUND = fileURLToPath(new URL('../dist/playground', import.meta.url));

const FEATURES = [
  AuthModule,
  UsersModule,
  ProjectsModule,
  DemoModule,
  HealthModule,
  OidcModule,
  SessionsModule,
  TokensModule,
  FactorsModule,
  InvitationsModule,
  AuditModule,
];

/** Of those who are not editors: pages, REST, probes. */
const REST_CONNECTIONS = 4096;

function limitsOf({ limits }: AppConfig): Limits {
  return { ...DEFAULT_LIMITS, ...limits };
}

/** Which adapter stands behind which port. */
function bindings({ config }: AppOptions): FactoryProvider[] {
  return [
    bind(Readiness, [DataSource], (db: DataSource) => new PostgresReadiness(db)),
    bind(Projects, [DataSource], (db: DataSource) => new PostgresProjects(db)),
    bind(
      PathRuleStore,
      [DataSource, AuditLog],
      (db: DataSource, audit: AuditLog) => new PostgresPathRuleStore(db, audit),
    ),
    bind(Members, [DataSource, AuditLog], (db: DataSource, audit: AuditLog) => new PostgresMembers(db, audit)),
    bind(DocumentsDirectory, [DataSource], (db: DataSource) => new PostgresDocumentsDirectory(db)),
    bind(DemoProject, [DataSource], (db: DataSource) => new PostgresDemoProject(db)),
    bind(UpdateLog, [DataSource], (db: DataSource) => new PostgresUpdateLog(db, config.allowUnsafeDatabase)),
    bind(Quarantine, [DataSource], (db: DataSource) => new PostgresQuarantine(db)),
    bind(Nodes, [DataSource], (db: DataSource) => new PostgresNodes(db)),
    bind(RoomFrames, [], () => new PacketFrames()),
    bind(Compactor, [], () => new WorkerCompactor()),
    bind(DocumentDigests, [], () => new WorkerDigests()),
    bind(HealthSettings, [], () => config),
  ];
}

@Module({})
class AppModule {
  static create(options: AppOptions, database: DataSource, logger: pino.Logger): DynamicModule {
    const limits = limitsOf(options.config);
    // This run of the process, in its lease and in what its editors are told.
    const node = randomUUID();
    return {
      module: AppModule,
      imports: [
        loggingModule(logger),
        MetricsModule.create(),
        AdaptersModule.create(
          [
            ...bindings(options),
            ...accessBindings(options, logger),
            ...busBindings(options, logger),
            ...aiBindings(options, logger),
            ...historyBindings(options.config),
          ],
          database,
        ),
        SocketsModule.create(node, limits, options.config.capacity, logger),
        DocumentsModule.create({ ...options.config, limits, node }, logger),
        ChangesModule.create(isAlone(options.config), logger),
        HistoryModule.create(logger),
        ...FEATURES,
        AiConnectionsModule,
        AiModule.create(options.config.ai.analysis, logger),
        ...(options.config.ai.worker === 'inline' ? [AiWorkerModule.create(logger)] : []),
      ],
      providers: [
        // In this order: the second counts by whom the first has let in.
        { provide: APP_GUARD, useClass: AuthGuard },
        { provide: APP_GUARD, useClass: AccountThrottleGuard },
        { provide: APP_FILTER, useClass: ProblemFilter },
      ],
    };
  }
}

/** The server, ready to listen. `close()` ends all that it started. Rejects with StartError for a wrong secret. */
export async function createApp(
  options: AppOptions,
): Promise<{ app: INestApplication; demoLink?: () => Promise<string> }> {
  const { config, logDestination } = options;
  const logger = createLogger({
    level: config.logLevel,
    pretty: process.stderr.isTTY === true && config.nodeEnv !== 'production',
    destination: logDestination,
  });
  const database = createDataSource(options.databaseUrl, config);
  const { connections, pendingConnections } = config.capacity;
  const http = new HttpAdapter({ maxConnections: connections + pendingConnections + REST_CONNECTIONS });
  const app = await NestFactory.create<NestExpressApplication>(AppModule.create(options, database, logger), http, {
    bodyParser: false,
    logger: new NestLogger(logger),
    abortOnError: false,
  }).catch(async (error: unknown) => {
    if (database.isInitialized) await database.destroy();
    throw error instanceof WrongSecretError ? new StartError(error.message, { cause: error }) : error;
  });
  setUpHttp(app, { ...config, playground: PLAYGROUND });
  app.useWebSocketAdapter(new SocketAdapter(app, limitsOf(config), config.allowedOrigins));
  await app.init();
  answerUnknownPaths(app);
  return config.demo ? { app, demoLink: () => app.get(DemoService, { strict: false }).link() } : { app };
}
