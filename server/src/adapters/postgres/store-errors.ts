import { TandemError } from '@tandem/protocol';
import { QueryFailedError } from 'typeorm';

/** SQLSTATE classes of a database that is away, full or stopping, as against a query that is wrong. */
const UNAVAILABLE = /^(?:08|53|57P|58)/;
const SOCKET = new Set(['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ETIMEDOUT', 'ENOENT', 'ENOTFOUND', 'EAI_AGAIN']);
/** What `pg` throws without any code. */
const WORDS = /^(?:Connection terminated|timeout exceeded when trying to connect|Client has encountered a connection)/;

/** Runs a query; rejects with TandemError `store_unavailable` when the database could not be asked. */
export async function stored<T>(query: () => Promise<T>): Promise<T> {
  try {
    return await query();
  } catch (error) {
    throw isUnavailable(error) ? new TandemError('store_unavailable') : error;
  }
}

/** The SQLSTATE of what a query threw. */
export function sqlState(error: unknown): string | undefined {
  const cause: unknown = error instanceof QueryFailedError ? error.driverError : error;
  if (typeof cause !== 'object' || cause === null || !('code' in cause)) return undefined;
  return typeof cause.code === 'string' ? cause.code : undefined;
}

export function isUnavailable(error: unknown): boolean {
  const code = sqlState(error);
  if (code !== undefined) return UNAVAILABLE.test(code) || SOCKET.has(code);
  return error instanceof Error && WORDS.test(error.message);
}
