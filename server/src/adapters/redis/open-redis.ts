import { Redis, type RedisOptions } from 'ioredis';

const CONNECT_TIMEOUT_MS = 2000;
const MAX_RETRY_MS = 1000;
/** ioredis keeps its timer for so long even when there was nothing to end. */
const DISCONNECT_TIMEOUT_MS = 300;

/**
 * A command fails at once when there is no connection, and when the connection breaks, and is not sent again: it may have
 * been carried out.
 */
export const NEVER_AGAIN = {
  enableOfflineQueue: false,
  autoResendUnfulfilledCommands: false,
  maxRetriesPerRequest: 0,
} as const;

/** A connection that comes back by itself, at most a second after the server. `report` gets the first error of each outage. */
export function openRedis(url: string, options: RedisOptions, report: (error: unknown) => void): Redis {
  const redis = new Redis(url, {
    connectTimeout: CONNECT_TIMEOUT_MS,
    disconnectTimeout: DISCONNECT_TIMEOUT_MS,
    retryStrategy: (times) => Math.min(25 * 2 ** Math.min(times, 10), MAX_RETRY_MS) * (0.75 + Math.random() / 4),
    ...options,
  });
  let isReported = false;
  redis.on('error', (error: unknown) => {
    if (!isReported) report(error);
    isReported = true;
  });
  redis.on('ready', () => {
    isReported = false;
  });
  return redis;
}
