import { z } from 'zod';
import { FIM_TEMPLATES } from './app-config.js';
import { identityOptions } from './identity-options.js';
import { limitOptions } from './limit-options.js';
import { mailOptions } from './mail-options.js';
import { optional, withDefault } from './option.js';
import { bearer, flag, host, integer, oneOf, origins, proxies, publicUrl, text, url } from './values.js';

const DAY = 86_400;
const MEBIBYTE = 1_048_576;

/** Every setting of the server, read by `loadConfig` and by nothing else. */
export const options = z.object({
  PORT: withDefault(integer(0, 65_535), 3000, 'Port to listen on; 0 takes a free one'),
  HOST: withDefault(host(), '127.0.0.1', 'Address to listen on; the default lets only this machine in'),
  TANDEM_DATA_DIR: withDefault(
    text(),
    '.tandem',
    'Where the server keeps its own files, relative to the folder it is started in',
  ),
  TANDEM_STATE_DIR: optional(
    text(),
    'Where the started PostgreSQL keeps its files when the user it runs as cannot enter TANDEM_DATA_DIR; each clone gets its own folder in it',
    { otherwise: '`/var/lib/tandem` as root, else `$XDG_STATE_HOME/tandem`' },
  ),
  DATABASE_URL: optional(url('postgres:', 'postgresql:'), 'The PostgreSQL to use', {
    otherwise: 'none: the server starts its own PostgreSQL',
  }),
  ALLOW_UNSAFE_DATABASE: withDefault(
    flag(),
    false,
    'Use a database that may lose saved edits in a crash (`fsync`, `full_page_writes` or `synchronous_commit` off): for throw-away data, or where its operator makes up for it',
  ),
  REDIS_URL: optional(url('redis:', 'rediss:'), 'Redis for the AI queue, and for what nodes tell each other', {
    otherwise: 'none: PostgreSQL does both',
  }),
  AMQP_URL: optional(url('amqp:', 'amqps:'), 'RabbitMQ for domain events; read and checked, not used by this version', {
    otherwise: 'none',
  }),
  ALLOWED_ORIGINS: withDefault(
    origins(),
    [],
    'Origins besides its own whose pages may call the server; exact, never `*`',
  ),
  PUBLIC_URL: optional(publicUrl(), 'Address under which people reach the server, used in links', {
    otherwise: 'the address it listens on',
  }),
  ALLOW_PLAIN_HTTP: withDefault(
    flag(),
    false,
    'Start in production with a PUBLIC_URL of http://, for a network that is trusted: passwords and tokens cross it in clear text',
  ),
  TANDEM_SECRET: optional(text(32), 'Encrypts the signing keys, 32 characters or more; the same on every node', {
    otherwise: 'generated into TANDEM_DATA_DIR; required when DATABASE_URL is set and NODE_ENV is production',
  }),
  TRUST_PROXY: withDefault(
    proxies(),
    0,
    'Proxies before the server whose `X-Forwarded-For` is believed: how many there are, or their addresses; 0 believes none',
  ),
  METRICS_TOKEN: optional(bearer(16), 'Bearer token that reads `/metrics` from elsewhere, 16 characters or more', {
    otherwise: 'none: only this machine reads them',
  }),
  LOG_LEVEL: withDefault(
    oneOf('fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'),
    'info',
    'Least severe log line that is written',
  ),
  NODE_ENV: withDefault(oneOf('development', 'test', 'production'), 'development', 'Kind of environment'),
  ACCESS_TOKEN_TTL: withDefault(integer(1, 30 * DAY), 900, 'How long an access token is valid', 's'),
  REFRESH_TOKEN_TTL: withDefault(integer(1, 3650 * DAY), 30 * DAY, 'How long a refresh token is valid', 's'),
  SIGNING_KEY_DAYS: withDefault(
    integer(1, 3650),
    90,
    'How long a key signs access tokens before the server replaces it, without anybody noticing',
    'days',
  ),
  SIGNING_KEY_LEAD: withDefault(
    integer(1, DAY),
    600,
    'How long a new signing key is published before it signs: longer than others keep `/.well-known/jwks.json`, which is 300 s',
    's',
  ),
  COMMITTERS: withDefault(
    integer(1, 8),
    2,
    'Writers to the update log, each with a connection of its own; documents are spread over them',
  ),
  COMPACT_ROWS: withDefault(integer(1, 1_000_000), 500, 'Updates after which a document gets a new snapshot', 'rows'),
  COMPACT_BYTES: withDefault(
    integer(1, 1024 * MEBIBYTE),
    MEBIBYTE / 4,
    'Bytes of updates after which a document gets a new snapshot',
    'bytes',
  ),
  HISTORY_DAYS: withDefault(
    integer(0, 3650),
    30,
    'How long one can look back into documents, and deleted ones are kept; a project may say otherwise; 0 keeps all, for ever',
    'days',
  ),
  AUDIT_DAYS: withDefault(
    integer(0, 3650),
    365,
    'How long it is known who signed in and who changed rights; 0 keeps it for ever',
    'days',
  ),
  AI_WORKER: withDefault(
    oneOf('inline', 'none'),
    'inline',
    'Whether this server answers AI requests itself; `none` leaves them to processes of `npm run start:worker`, which need DATABASE_URL',
  ),
  ANALYSIS: withDefault(
    oneOf('edits', 'request'),
    'edits',
    'When linters look at files: after edits have settled, or only when somebody asks',
  ),
  AI_BASE_URL: optional(url('http:', 'https:'), 'OpenAI-compatible API of a language model, up to and with `/v1`', {
    otherwise: 'none: the built-in statistical model answers',
  }),
  AI_API_KEY: optional(bearer(1), 'Key of that API', { otherwise: 'none' }),
  AI_MODEL: optional(text(), 'Model of that API; required with AI_BASE_URL', { otherwise: 'none' }),
  AI_API: withDefault(
    oneOf('completions', 'chat'),
    'completions',
    'How it completes: a prompt with a hole, or a conversation (for models that only chat)',
  ),
  AI_TEMPLATE: withDefault(
    oneOf('none', ...FIM_TEMPLATES),
    'none',
    'Family whose tokens mark the hole in a prompt; `none`: the API takes `suffix`',
  ),
  AI_REVIEW_MODEL: optional(text(), 'Model of that API that reviews code, by chat', {
    otherwise: 'AI_MODEL where AI_API is `chat`, else none',
  }),
  AI_FIRST_TOKEN_TIMEOUT: withDefault(integer(100, 600_000), 10_000, 'How long a model may take to begin', 'ms'),
  AI_IDLE_TIMEOUT: withDefault(integer(100, 600_000), 10_000, 'How long a model may pause', 'ms'),
  AI_TOTAL_TIMEOUT: withDefault(integer(100, 3_600_000), 60_000, 'How long a model may go on', 'ms'),
  DEMO: optional(flag(), 'Create a demo project and print a link into it', {
    otherwise: 'true without DATABASE_URL, else false',
  }),
  ...mailOptions,
  ...identityOptions,
  ...limitOptions,
});

export type OptionKey = keyof typeof options.shape;
