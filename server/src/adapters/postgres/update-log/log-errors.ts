import { QueryFailedError } from 'typeorm';
import { StoreUnavailable } from '../../../core/document/update-log.js';
import { isUnavailable, sqlState } from '../store-errors.js';

/** What the server itself said has a severity; everything else came from the connection, so the outcome is unknown. */
export function translate(error: unknown): never {
  const cause: unknown = error instanceof QueryFailedError ? error.driverError : error;
  const isAnswer = typeof cause === 'object' && cause !== null && 'severity' in cause;
  if (isAnswer && !isUnavailable(error)) throw error;
  throw new StoreUnavailable('the database did not answer', { cause: error });
}

/** PostgreSQL itself found its files damaged: class XX, "internal error". */
export function isUnreadable(error: unknown): boolean {
  return sqlState(error)?.startsWith('XX') === true;
}
