import { Redis, type RedisOptions } from 'ioredis';
import { within } from './within.js';

const CONNECT_TIMEOUT_MS = 2000;
const MAX_RETRY_MS = 1000;
/** ioredis keeps its timer for so long even when there was nothing to end. */
const DISCONNECT_TIMEOUT_MS = 300;
const CLOSE_TIMEOUT_MS = 500;

export interface RedisSettings {
  readonly url: string;
  /** Of the answer to one command that adds or counts. */
  readonly timeoutMs: number;
  /** No connection is made again after that. */
  readonly isClosed: () => boolean;
  readonly report: (error: unknown) => void;
}

/**
 * For those who add: a command fails at once when there is no connection, and when it breaks, and is not sent again, since it
 * may have been carried out.
 */
export function openProducer(settings: RedisSettings): Redis {
  return open(settings, {
    enableOfflineQueue: false,
    autoResendUnfulfilledCommands: false,
    maxRetriesPerRequest: 0,
    commandTimeout: settings.timeoutMs,
    socketTimeout: settings.timeoutMs,
  });
}

/** Longer than a worker waits for a job in one command; a server that is silent for so long is lost. */
const CONSUMER_SOCKET_TIMEOUT_MS = 10_000;

/** For workers: commands wait for the connection. What is refused at once BullMQ repeats at once, without end. */
export function openConsumer(settings: RedisSettings): Redis {
  return open(settings, { maxRetriesPerRequest: null, socketTimeout: CONSUMER_SOCKET_TIMEOUT_MS });
}

/** Copies, which BullMQ makes for itself, inherit the options. */
function open({ url, isClosed, report }: RedisSettings, options: RedisOptions): Redis {
  const redis = new Redis(url, {
    connectTimeout: CONNECT_TIMEOUT_MS,
    disconnectTimeout: DISCONNECT_TIMEOUT_MS,
    retryStrategy: (times) => (isClosed() ? null : Math.min(25 * 2 ** Math.min(times, 10), MAX_RETRY_MS)),
    ...options,
  });
  redis.on('error', report);
  return redis;
}

/** Of ioredis, or of what BullMQ wraps it in. */
interface Closable {
  readonly status: string;
  connect(): Promise<void>;
  disconnect(): void;
  once(event: 'end' | 'ready', listener: () => void): unknown;
}

/** Ends the connection for good; resolves when it has ended, or when a server that is silent was given up. */
export async function closeRedis(redis: Closable): Promise<void> {
  if (redis.status === 'end') return;
  const end = new Promise<void>((resolve) => void redis.once('end', resolve));
  const isWaiting = redis.status === 'reconnecting';
  redis.disconnect();
  if (isWaiting) {
    // ioredis gives up the attempt that it was to make and says nothing, to nobody who waits for a command. The end of one
    // more attempt tells them.
    redis.once('ready', () => redis.disconnect());
    redis.connect().catch(ignore);
  }
  await within(CLOSE_TIMEOUT_MS, end).catch(ignore);
}

function ignore(): void {}
