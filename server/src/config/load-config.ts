import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import type { z } from 'zod';
import type { AiConfig, AppConfig, CapacityConfig, LimitsConfig } from './app-config.js';
import { type BadSetting, ConfigError } from './config-error.js';
import type { Environment } from './environment.js';
import { externalTokensConfig, isSecureUrl, signInConfig } from './identity-options.js';
import { mailConfig } from './mail-options.js';
import { optionNotes } from './option.js';
import { type OptionKey, options } from './options.js';
import { weakSettings } from './weak-settings.js';

/**
 * Reads the settings. An empty text counts as not set, as in a `.env` file with the key left in place.
 * @throws ConfigError that lists every bad key.
 */
export function loadConfig(env: Environment, cwd: string = process.cwd()): AppConfig {
  const given = Object.fromEntries(
    Object.keys(options.shape).flatMap((key) => {
      const value = env[key]?.trim();
      return value ? [[key, value]] : [];
    }),
  );
  const parsed = options.safeParse(given);
  const bad = parsed.success ? [] : parsed.error.issues.map((issue) => badSetting(String(issue.path[0])));
  // Nodes that share a database must share the secret; each would generate its own.
  if (given.DATABASE_URL && given.NODE_ENV === 'production' && !given.TANDEM_SECRET) {
    const { key, expected } = badSetting('TANDEM_SECRET');
    bad.push({ key, expected: `${expected}: required in production with DATABASE_URL` });
  }
  for (const [key, needed, why] of NEEDS) {
    if (given[key] && (key !== 'AI_WORKER' || given[key] === 'none') && !given[needed]) {
      bad.push({ key: needed, expected: `${badSetting(needed).expected}: ${why}` });
    }
  }
  if (given.EXTERNAL_JWT_ISSUER && !given.EXTERNAL_JWT_JWKS_URL && !isSecureUrl(given.EXTERNAL_JWT_ISSUER)) {
    const { key, expected } = badSetting('EXTERNAL_JWT_JWKS_URL');
    bad.push({ key, expected: `${expected}: required where EXTERNAL_JWT_ISSUER is no such URL` });
  }
  bad.push(...weakSettings(given));
  if (!parsed.success || bad.length > 0) throw new ConfigError(uniqueByKey(bad));

  const e = parsed.data;
  return deepFreeze({
    port: e.PORT,
    host: e.HOST,
    dataDir: resolve(cwd, e.TANDEM_DATA_DIR),
    stateDir: resolve(cwd, e.TANDEM_STATE_DIR ?? defaultStateDir(env)),
    databaseUrl: e.DATABASE_URL,
    allowUnsafeDatabase: e.ALLOW_UNSAFE_DATABASE,
    redisUrl: e.REDIS_URL,
    amqpUrl: e.AMQP_URL,
    allowedOrigins: e.ALLOWED_ORIGINS,
    publicUrl: e.PUBLIC_URL,
    secret: e.TANDEM_SECRET,
    trustProxy: e.TRUST_PROXY,
    metricsToken: e.METRICS_TOKEN,
    logLevel: e.LOG_LEVEL,
    nodeEnv: e.NODE_ENV,
    accessTokenTtl: e.ACCESS_TOKEN_TTL,
    refreshTokenTtl: e.REFRESH_TOKEN_TTL,
    signingKeyDays: e.SIGNING_KEY_DAYS,
    signingKeyLead: e.SIGNING_KEY_LEAD,
    committers: e.COMMITTERS,
    compactRows: e.COMPACT_ROWS,
    compactBytes: e.COMPACT_BYTES,
    historyDays: e.HISTORY_DAYS,
    auditDays: e.AUDIT_DAYS,
    ai: aiConfig(e),
    demo: e.DEMO ?? e.DATABASE_URL === undefined,
    signIn: signInConfig(e),
    externalTokens: externalTokensConfig(e),
    mail: mailConfig(e),
    limits: limitsConfig(e),
    capacity: capacityConfig(e),
  });
}

/** A setting that is of no use without another one. */
const NEEDS: readonly [OptionKey, OptionKey, string][] = [
  ['AI_BASE_URL', 'AI_MODEL', 'required with AI_BASE_URL'],
  ['AI_MODEL', 'AI_BASE_URL', 'required with AI_MODEL'],
  ['AI_API_KEY', 'AI_BASE_URL', 'required with AI_API_KEY'],
  ['AI_REVIEW_MODEL', 'AI_BASE_URL', 'required with AI_REVIEW_MODEL'],
  ['OIDC_ISSUER', 'OIDC_CLIENT_ID', 'required with OIDC_ISSUER'],
  ['OIDC_CLIENT_ID', 'OIDC_ISSUER', 'required with OIDC_CLIENT_ID'],
  ['GITHUB_CLIENT_ID', 'GITHUB_CLIENT_SECRET', 'required with GITHUB_CLIENT_ID'],
  ['GITHUB_CLIENT_SECRET', 'GITHUB_CLIENT_ID', 'required with GITHUB_CLIENT_SECRET'],
  ['EXTERNAL_JWT_ISSUER', 'EXTERNAL_JWT_AUDIENCE', 'required with EXTERNAL_JWT_ISSUER'],
  ['EXTERNAL_JWT_AUDIENCE', 'EXTERNAL_JWT_ISSUER', 'required with EXTERNAL_JWT_AUDIENCE'],
  ['SMTP_URL', 'MAIL_FROM', 'required with SMTP_URL'],
  ['SMTP_URL', 'PUBLIC_URL', 'required with SMTP_URL, for the links in mails'],
  ['MAIL_FROM', 'SMTP_URL', 'required with MAIL_FROM'],
  ['AI_WORKER', 'DATABASE_URL', 'required where AI_WORKER is none, for the workers to share'],
];

function aiConfig(e: z.output<typeof options>): AiConfig {
  const ai = { worker: e.AI_WORKER, analysis: e.ANALYSIS };
  if (e.AI_BASE_URL === undefined || e.AI_MODEL === undefined) return ai;
  return {
    ...ai,
    languageModel: {
      baseUrl: e.AI_BASE_URL.replace(/\/+$/, ''),
      apiKey: e.AI_API_KEY,
      model: e.AI_MODEL,
      api: e.AI_API,
      template: e.AI_TEMPLATE,
      reviewModel: e.AI_REVIEW_MODEL ?? (e.AI_API === 'chat' ? e.AI_MODEL : undefined),
      timeouts: {
        firstTokenMs: e.AI_FIRST_TOKEN_TIMEOUT,
        idleMs: e.AI_IDLE_TIMEOUT,
        totalMs: e.AI_TOTAL_TIMEOUT,
      },
    },
  };
}

function limitsConfig(e: z.output<typeof options>): LimitsConfig {
  return {
    maxUpdateBytes: e.MAX_UPDATE_BYTES,
    maxUploadBytes: e.MAX_UPLOAD_BYTES,
    maxDocumentBytes: e.MAX_DOCUMENT_BYTES,
    maxUpdateStructs: e.MAX_UPDATE_STRUCTS,
    maxAwarenessBytes: e.MAX_AWARENESS_BYTES,
    maxOpenDocuments: e.MAX_OPEN_DOCUMENTS,
    maxClientIds: e.MAX_CLIENT_IDS,
    maxHelloBytes: e.MAX_HELLO_BYTES,
    maxConnectionsPerUser: e.MAX_CONNECTIONS_PER_USER,
    requestRate: e.REQUEST_RATE,
    requestBurst: e.REQUEST_BURST,
    awarenessRate: e.AWARENESS_RATE,
    messageRate: e.MESSAGE_RATE,
    messageByteRate: e.MESSAGE_BYTE_RATE,
  };
}

function capacityConfig(e: z.output<typeof options>): CapacityConfig {
  return {
    connections: e.MAX_CONNECTIONS,
    connectionsPerAddress: e.MAX_CONNECTIONS_PER_ADDRESS,
    pendingConnections: e.MAX_PENDING_CONNECTIONS,
    pendingConnectionsPerAddress: e.MAX_PENDING_CONNECTIONS_PER_ADDRESS,
    handshakeRatePerAddress: e.HANDSHAKE_RATE_PER_ADDRESS,
    handshakesAtOnce: e.HANDSHAKES_AT_ONCE,
    requestRatePerUser: e.REQUEST_RATE_PER_USER,
    requestBurstPerUser: e.REQUEST_BURST_PER_USER,
    restRequestsPerMinute: e.REST_REQUESTS_PER_MINUTE,
    opensAtOnce: e.OPENS_AT_ONCE,
    opensWaiting: e.OPENS_WAITING,
    loadsAtOnce: e.LOADS_AT_ONCE,
    roomQueueBytes: e.MAX_ROOM_QUEUE_BYTES,
    commitQueueBytes: e.MAX_COMMIT_QUEUE_BYTES,
    openDocumentBytes: e.MAX_OPEN_DOCUMENT_BYTES,
    uploadsBytes: e.MAX_UPLOADS_BYTES,
    outboundBytes: e.MAX_OUTBOUND_BYTES,
  };
}

/** `/var/lib` and not the home of root: root's home is closed to the user that PostgreSQL runs as. */
function defaultStateDir(env: Environment): string {
  if (process.getuid?.() === 0) return '/var/lib/tandem';
  return join(env.XDG_STATE_HOME?.trim() || join(homedir(), '.local', 'state'), 'tandem');
}

function badSetting(key: string): BadSetting {
  return { key, expected: optionNotes.get(options.shape[key as OptionKey])?.expects ?? 'another value' };
}

function uniqueByKey(settings: readonly BadSetting[]): BadSetting[] {
  return [...new Map(settings.map((setting) => [setting.key, setting])).values()];
}

function deepFreeze<T extends object>(value: T): T {
  for (const inner of Object.values(value)) if (typeof inner === 'object' && inner !== null) deepFreeze(inner);
  return Object.freeze(value);
}
