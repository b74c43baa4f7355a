import type { TandemError } from '@tandem/protocol';
import { QueryFailedError, QueryRunnerAlreadyReleasedError } from 'typeorm';
import { retryLater } from '../../core/limits/retry-later.js';

/**
 * SQLSTATE classes of a database that is away, full or stopping, as against a query that is wrong; 25006: one that takes no
 * writes, as a standby; 25P03: this process slept in
 * the middle of a transaction, which is over; 55P03: others hold what the statement needs.
 */
const UNAVAILABLE = /^(?:08|53|57P|58|25006|25P03|55P03)/;
const SOCKET = new Set(['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ETIMEDOUT', 'ENOTFOUND', 'EAI_AGAIN']);
/** What `pg` throws without any code. */
const WORDS =
  /^(?:Connection terminated|timeout exceeded when trying to connect|Client has encountered a connection|Query read timeout)/;

/** When a caller may ask again: PostgreSQL is back about a second after a crash. */
const RETRY_AFTER_MS = 1000;

type Method = (...args: unknown[]) => Promise<unknown>;

/**
 * Class decorator of every adapter on PostgreSQL: what its methods reject with is TandemError `store_unavailable` when the
 * database could not be asked, whichever query found out. On the class, so that no method can be forgotten; all of its
 * methods must be asynchronous.
 */
export function TranslatesOutages(adapter: { readonly prototype: object }): void {
  for (const [name, property] of Object.entries(Object.getOwnPropertyDescriptors(adapter.prototype))) {
    if (name === 'constructor' || typeof property.value !== 'function') continue;
    const method = property.value as Method;
    Object.defineProperty(adapter.prototype, name, {
      ...property,
      async value(this: object, ...args: unknown[]) {
        try {
          return await method.apply(this, args);
        } catch (error) {
          throw isUnavailable(error) ? unavailable() : error;
        }
      },
    });
  }
}

function unavailable(): TandemError {
  return retryLater('store_unavailable', RETRY_AFTER_MS, Math.random());
}

/** The SQLSTATE of what a query threw. */
export function sqlState(error: unknown): string | undefined {
  const cause: unknown = error instanceof QueryFailedError ? error.driverError : error;
  if (typeof cause !== 'object' || cause === null || !('code' in cause)) return undefined;
  return typeof cause.code === 'string' ? cause.code : undefined;
}

export function isUnavailable(error: unknown): boolean {
  // TypeORM gives the connection of a transaction back when it is lost between two statements.
  if (error instanceof QueryRunnerAlreadyReleasedError) return true;
  const code = sqlState(error);
  // The socket file of a database that is down; any other file that is missing is a fault of ours.
  if (code === 'ENOENT') return (error as NodeJS.ErrnoException).syscall === 'connect';
  if (code !== undefined) return UNAVAILABLE.test(code) || SOCKET.has(code);
  return error instanceof Error && WORDS.test(error.message);
}
