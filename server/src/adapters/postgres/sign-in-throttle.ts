import { createHash } from 'node:crypto';
import type { DataSource } from 'typeorm';
import {
  ATTACK_WINDOW_MS,
  ATTACKED_AT,
  ATTACKED_DELAY_MS,
  type AttemptKind,
  DELAYS_MS,
  FORGET_AFTER_MS,
  MAX_DELAY_MS,
  SignInThrottle,
} from '../../core/access/sign-in-throttle.js';
import { TranslatesOutages } from './store-errors.js';

/** Everything by the clock of the database: the clocks of nodes differ. $1: the account at an address, $2: the account. */
const ago = (ms: number) => `clock_timestamp() - ${ms} * interval '1 millisecond'`;
const IS_ATTACKED = `EXISTS (
  SELECT FROM sign_in_attempts WHERE key = $2 AND count > ${ATTACKED_AT} AND at > ${ago(ATTACK_WINDOW_MS)})`;
const READY_AT = `a.at + interval '1 millisecond' * greatest(
  (ARRAY[${DELAYS_MS.join()}])[least(a.count + 1, ${DELAYS_MS.length})],
  CASE WHEN ${IS_ATTACKED} THEN ${ATTACKED_DELAY_MS} ELSE 0 END)`;

/**
 * Who comes second waits for the row and finds it as the first one left it, on whichever node. Every statement takes the pair's
 * row before the account's, so that none waits in a circle.
 */
const BEGIN = `
  WITH pair AS (
    INSERT INTO sign_in_attempts AS a (key, count, at) VALUES ($1, 1, clock_timestamp())
    ON CONFLICT (key) DO UPDATE SET
      count = CASE WHEN a.at > ${ago(FORGET_AFTER_MS)} THEN a.count + 1 ELSE 1 END,
      at = clock_timestamp()
    WHERE ${READY_AT} <= clock_timestamp()
    RETURNING key
  ), account AS (
    INSERT INTO sign_in_attempts AS a (key, count, at) SELECT $2, 1, clock_timestamp() FROM pair
    ON CONFLICT (key) DO UPDATE SET
      count = CASE WHEN a.at > ${ago(ATTACK_WINDOW_MS)} THEN a.count + 1 ELSE 1 END,
      at = CASE WHEN a.at > ${ago(ATTACK_WINDOW_MS)} THEN a.at ELSE clock_timestamp() END
  )
  SELECT FROM pair`;

const WAIT = `
  SELECT ceil(extract(epoch FROM ${READY_AT} - clock_timestamp()) * 1000)::int AS ms
  FROM sign_in_attempts a WHERE key = $1`;

const AFTER_PAIR = '(SELECT count(*) FROM pair) >= 0';
const DISCOUNT_ACCOUNT = `
  UPDATE sign_in_attempts SET count = count - 1 WHERE key = $2 AND count > 0 AND ${AFTER_PAIR}`;

const SUCCEEDED = `WITH pair AS (DELETE FROM sign_in_attempts WHERE key = $1 RETURNING key) ${DISCOUNT_ACCOUNT}`;

/** As if the last one had been long ago: nothing is left to wait for. */
const ABANDONED = `
  WITH pair AS (
    UPDATE sign_in_attempts SET count = greatest(count - 1, 0), at = least(at, ${ago(MAX_DELAY_MS)})
    WHERE key = $1 RETURNING key
  ) ${DISCOUNT_ACCOUNT}`;

/** Names that were made up, while the queue for hashing is full, leave nothing. */
const CLEAR = `
  WITH pair AS (DELETE FROM sign_in_attempts WHERE key = $1 AND count = 0 RETURNING key)
  DELETE FROM sign_in_attempts WHERE key = $2 AND count = 0 AND ${AFTER_PAIR}`;

/** Counts of all nodes. What is old goes with `leftoverQueries`; a crash of the database wipes the slate. */
@TranslatesOutages
export class PostgresSignInThrottle extends SignInThrottle {
  constructor(private readonly dataSource: DataSource) {
    super();
  }

  override async begin(kind: AttemptKind, account: string, address: string): Promise<number> {
    const keys = keysOf(kind, account, address);
    const begun = await this.dataSource.query<unknown[]>(BEGIN, keys);
    if (begun.length > 0) return 0;
    const [wait] = await this.dataSource.query<{ ms: number }[]>(WAIT, keys);
    return Math.max(wait?.ms ?? 0, 1);
  }

  override async succeeded(kind: AttemptKind, account: string, address: string): Promise<void> {
    await this.dataSource.query(SUCCEEDED, keysOf(kind, account, address));
  }

  override async abandoned(kind: AttemptKind, account: string, address: string): Promise<void> {
    const keys = keysOf(kind, account, address);
    await this.dataSource.query(ABANDONED, keys);
    await this.dataSource.query(CLEAR, keys);
  }
}

/** Hashes: of one length, and what somebody typed into the wrong field is not kept. JSON keeps the parts apart. */
const keysOf = (kind: AttemptKind, account: string, address: string): Buffer[] =>
  [
    [kind, account, address],
    [kind, account],
  ].map((parts) => createHash('sha256').update(JSON.stringify(parts)).digest());
