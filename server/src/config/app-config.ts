import type { ExternalTokensConfig, SignInConfig } from './identity-config.js';

/** What the server runs with: read once at the start, deeply frozen, handed on by constructor. */
export interface AppConfig {
  /** 0 takes a free port. */
  readonly port: number;
  readonly host: string;
  /** Absolute path. */
  readonly dataDir: string;
  /** Absolute path. */
  readonly stateDir: string;
  /** Absent: the server starts a PostgreSQL of its own. */
  readonly databaseUrl?: string;
  /** Edits may be saved in a database that can lose them in a crash. */
  readonly allowUnsafeDatabase: boolean;
  readonly redisUrl?: string;
  readonly amqpUrl?: string;
  readonly allowedOrigins: readonly string[];
  /** Without a slash at its end. */
  readonly publicUrl?: string;
  /** Absent: kept in the data dir, see `resolveSecret`. */
  readonly secret?: string;
  /** How many proxies, or which addresses, are believed about who is calling; 0 is none. */
  readonly trustProxy: number | readonly string[];
  /** Absent: only this machine reads the metrics. */
  readonly metricsToken?: string;
  readonly logLevel: 'fatal' | 'error' | 'warn' | 'info' | 'debug' | 'trace' | 'silent';
  readonly nodeEnv: 'development' | 'test' | 'production';
  /** Seconds. */
  readonly accessTokenTtl: number;
  /** Seconds. */
  readonly refreshTokenTtl: number;
  readonly signingKeyDays: number;
  /** Seconds. */
  readonly signingKeyLead: number;
  readonly committers: number;
  readonly compactRows: number;
  readonly compactBytes: number;
  /** 0: for ever. */
  readonly historyDays: number;
  /** 0: for ever. */
  readonly auditDays: number;
  readonly ai: AiConfig;
  readonly demo: boolean;
  /** With identity providers. */
  readonly signIn: SignInConfig;
  /** Absent: only tokens that this server made are accepted. */
  readonly externalTokens?: ExternalTokensConfig;
  /** Absent: no mail is sent. */
  readonly mail?: MailConfig;
  readonly limits: LimitsConfig;
  readonly capacity: CapacityConfig;
}

export interface MailConfig {
  readonly smtpUrl: string;
  readonly from: string;
}

/** What one connection may send; told in `server:hello`. Sizes are bytes, rates are per second. */
export interface LimitsConfig {
  readonly maxUpdateBytes: number;
  readonly maxUploadBytes: number;
  readonly maxDocumentBytes: number;
  readonly maxUpdateStructs: number;
  readonly maxAwarenessBytes: number;
  readonly maxOpenDocuments: number;
  readonly maxClientIds: number;
  readonly maxHelloBytes: number;
  readonly maxConnectionsPerUser: number;
  readonly requestRate: number;
  readonly requestBurst: number;
  readonly awarenessRate: number;
  readonly messageRate: number;
  readonly messageByteRate: number;
}

/** What this node takes on. Sizes are bytes, rates are per second. */
export interface CapacityConfig {
  readonly connections: number;
  readonly connectionsPerAddress: number;
  readonly pendingConnections: number;
  readonly pendingConnectionsPerAddress: number;
  readonly handshakeRatePerAddress: number;
  readonly handshakesAtOnce: number;
  readonly requestRatePerUser: number;
  readonly requestBurstPerUser: number;
  /** Of one account; 0: no limit. */
  readonly restRequestsPerMinute: number;
  readonly opensAtOnce: number;
  readonly opensWaiting: number;
  readonly loadsAtOnce: number;
  readonly roomQueueBytes: number;
  readonly commitQueueBytes: number;
  readonly openDocumentBytes: number;
  readonly uploadsBytes: number;
  readonly outboundBytes: number;
}

/** Families of models that mark the hole in a prompt each in their own way. */
export const FIM_TEMPLATES = [
  'qwen',
  'starcoder',
  'deepseek',
  'codellama',
  'codegemma',
  'codestral',
  'granite',
  'seed',
] as const;

export type FimTemplate = (typeof FIM_TEMPLATES)[number];

export interface AiConfig {
  /** `none`: processes of their own do the work. */
  readonly worker: 'inline' | 'none';
  readonly analysis: 'edits' | 'request';
  /** Absent: the built-in model alone. */
  readonly languageModel?: LanguageModelConfig;
}

export interface LanguageModelConfig {
  readonly baseUrl: string;
  readonly apiKey?: string;
  readonly model: string;
  readonly api: 'completions' | 'chat';
  readonly template: 'none' | FimTemplate;
  /** Absent: no reviews. */
  readonly reviewModel?: string;
  /** Milliseconds. */
  readonly timeouts: { readonly firstTokenMs: number; readonly idleMs: number; readonly totalMs: number };
}
