import 'reflect-metadata';
import { fileURLToPath } from 'node:url';
import { type DynamicModule, type FactoryProvider, type INestApplication, Module } from '@nestjs/common';
import { APP_FILTER, APP_GUARD, NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { DEFAULT_LIMITS, type Limits } from '@tandem/protocol';
import type pino from 'pino';
import { DataSource } from 'typeorm';
import { Argon2PasswordHashes } from './adapters/crypto/argon2-password-hashes.js';
import { JwtAccessTokens } from './adapters/crypto/jwt-access-tokens.js';
import { KeyRing } from './adapters/crypto/key-ring.js';
import { KeySealing } from './adapters/crypto/key-sealing.js';
import { PostgresAccounts } from './adapters/postgres/accounts.js';
import { createDataSource } from './adapters/postgres/data-source.js';
import { PostgresDemoProject } from './adapters/postgres/demo-project.js';
import { PostgresDocumentsDirectory } from './adapters/postgres/documents-directory.js';
import { PostgresMembers } from './adapters/postgres/members.js';
import { PostgresMemberships } from './adapters/postgres/memberships.js';
import { PostgresNodes } from './adapters/postgres/nodes.js';
import { PostgresProfiles } from './adapters/postgres/profiles.js';
import { PostgresProjects } from './adapters/postgres/projects.js';
import { PostgresReadiness } from './adapters/postgres/readiness.js';
import { PostgresSignInLinks } from './adapters/postgres/sign-in-links.js';
import { PostgresSignInSessions } from './adapters/postgres/sign-in-sessions.js';
import { PostgresSigningKeyStore } from './adapters/postgres/signing-key-store.js';
import { PostgresUpdateLog } from './adapters/postgres/update-log/postgres-update-log.js';
import { WorkerCompactor } from './adapters/worker/worker-compactor.js';
import { AdaptersModule } from './composition/adapters.module.js';
import { aiBindings } from './composition/ai-bindings.js';
import { bind } from './composition/bind.js';
import { busBindings } from './composition/bus-bindings.js';
import type { AppConfig } from './config/app-config.js';
import { AccessTokens } from './core/access/access-tokens.js';
import { Accounts } from './core/access/accounts.js';
import { Memberships } from './core/access/memberships.js';
import { PasswordHashes } from './core/access/password-hashes.js';
import { Profiles } from './core/access/profiles.js';
import { RefreshChain } from './core/access/secret-tokens.js';
import { SignInLinks } from './core/access/sign-in-links.js';
import { SignInSessions } from './core/access/sign-in-sessions.js';
import { PublicKeys, WrongSecretError } from './core/access/signing-keys.js';
import { Nodes } from './core/cluster/nodes.js';
import { Compactor } from './core/document/compactor.js';
import { RoomFrames } from './core/document/room-frames.js';
import { UpdateLog } from './core/document/update-log.js';
import { Readiness } from './core/health/readiness.js';
import { DemoProject } from './core/project/demo-project.js';
import { DocumentsDirectory } from './core/project/documents-directory.js';
import { Members } from './core/project/members.js';
import { Projects } from './core/project/projects.js';
import { AiModule } from './features/ai/ai.module.js';
import { AiConnectionsModule } from './features/ai/ai-connections.module.js';
import { AiWorkerModule } from './features/ai/ai-worker.module.js';
import { AuthModule } from './features/auth/auth.module.js';
import { AuthSettings } from './features/auth/auth-settings.js';
import { DemoModule } from './features/demo/demo.module.js';
import { DemoService } from './features/demo/demo.service.js';
import { DocumentsModule } from './features/documents/documents.module.js';
import { HealthModule } from './features/health/health.module.js';
import { HealthSettings } from './features/health/health-settings.js';
import { ProjectsModule } from './features/projects/projects.module.js';
import { UsersModule } from './features/users/users.module.js';
import { AuthGuard } from './platform/http/auth.guard.js';
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

const FEATURES = [AuthModule, UsersModule, ProjectsModule, DemoModule, HealthModule];

function limitsOf({ maxUpdateBytes, maxDocumentBytes }: AppConfig): Limits {
  return { ...DEFAULT_LIMITS, maxUpdateBytes, maxDocumentBytes };
}

/** Which adapter stands behind which port. */
function bindings({ config, secret }: AppOptions): FactoryProvider[] {
  return [
    bind(Accounts, [DataSource], (db: DataSource) => new PostgresAccounts(db)),
    bind(Profiles, [DataSource], (db: DataSource) => new PostgresProfiles(db)),
    bind(SignInSessions, [DataSource], (db: DataSource) => new PostgresSignInSessions(db)),
    bind(SignInLinks, [DataSource], (db: DataSource) => new PostgresSignInLinks(db)),
    bind(Readiness, [DataSource], (db: DataSource) => new PostgresReadiness(db)),
    bind(KeyRing, [DataSource], (db: DataSource) =>
      KeyRing.open(new PostgresSigningKeyStore(db), new KeySealing(secret), config),
    ),
    bind(PublicKeys, [KeyRing], (keys: KeyRing) => keys),
    bind(
      AccessTokens,
      [KeyRing, SignInSessions],
      (keys: KeyRing, sessions: SignInSessions) => new JwtAccessTokens(keys, sessions, config),
    ),
    bind(RefreshChain, [], () => new RefreshChain(secret)),
    bind(PasswordHashes, [], () => new Argon2PasswordHashes()),
    bind(Projects, [DataSource], (db: DataSource) => new PostgresProjects(db)),
    bind(Members, [DataSource], (db: DataSource) => new PostgresMembers(db)),
    bind(Memberships, [DataSource], (db: DataSource) => new PostgresMemberships(db)),
    bind(DocumentsDirectory, [DataSource], (db: DataSource) => new PostgresDocumentsDirectory(db)),
    bind(DemoProject, [DataSource], (db: DataSource) => new PostgresDemoProject(db)),
    bind(UpdateLog, [DataSource], (db: DataSource) => new PostgresUpdateLog(db)),
    bind(Nodes, [DataSource], (db: DataSource) => new PostgresNodes(db)),
    bind(RoomFrames, [], () => new PacketFrames()),
    bind(Compactor, [], () => new WorkerCompactor()),
    bind(AuthSettings, [], () => config),
    bind(HealthSettings, [], () => config),
  ];
}

@Module({})
class AppModule {
  static create(options: AppOptions, database: DataSource, logger: pino.Logger): DynamicModule {
    const limits = limitsOf(options.config);
    return {
      module: AppModule,
      imports: [
        loggingModule(logger),
        MetricsModule.create(),
        AdaptersModule.create(
          [...bindings(options), ...busBindings(options, logger), ...aiBindings(options, logger)],
          database,
        ),
        SocketsModule.create(limits, logger),
        DocumentsModule.create({ ...options.config, limits }, logger),
        ...FEATURES,
        AiConnectionsModule,
        AiModule.create(options.config.ai.analysis, logger),
        ...(options.config.ai.worker === 'inline' ? [AiWorkerModule.create(logger)] : []),
      ],
      providers: [
        { provide: APP_GUARD, useClass: AuthGuard },
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
  const database = createDataSource(options.databaseUrl);
  const app = await NestFactory.create<NestExpressApplication>(AppModule.create(options, database, logger), {
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
