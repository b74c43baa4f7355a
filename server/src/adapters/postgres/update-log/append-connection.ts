import type { PoolClient } from 'pg';
import type { DataSource, QueryRunner } from 'typeorm';
import type { AppendBatch } from '../../../core/document/update-log.js';
import { requireDurability } from '../durability.js';
import { sqlState } from '../store-errors.js';
import { type AppendAnswer, appendQuery } from './append-statement.js';

/**
 * How long a statement waits for documents that somebody else holds. An append holds them for milliseconds; a node that
 * was stopped in the middle of a transaction, for seconds.
 */
const LOCK_TIMEOUT = '2s';
const LOCK_NOT_AVAILABLE = '55P03';

interface Held {
  readonly runner: QueryRunner;
  readonly client: PoolClient;
}

/** The connection of one committer, held for its whole life: the statement is prepared on it once. */
export class AppendConnection {
  private held: Held | undefined;
  /** The statement before: a repair writes beside the committer. */
  private last: Promise<unknown> = Promise.resolve();
  private waiting = 0;

  /** `isUnsafeAllowed`: commits as the database is set up, even where it may forget them. */
  constructor(
    private readonly dataSource: DataSource,
    private readonly isUnsafeAllowed = false,
  ) {}

  /**
   * Documents that somebody else holds for long are left out, and the others stored (D7). Rejects with the driver's error;
   * the connection is then given up and the next call takes a new one. Rejects with UnsafeDatabase, before anything is
   * written, when a new connection finds that the database would not keep it.
   */
  append(batches: readonly AppendBatch[]): Promise<AppendAnswer[]> {
    return this.inTurn(async () => {
      try {
        return await this.write(batches);
      } catch (error) {
        await this.giveBack('broken');
        throw error;
      }
    });
  }

  /** What is under way fails. */
  async close(): Promise<void> {
    if (this.waiting > 0) await this.giveBack('broken');
    await this.last;
    await this.giveBack('sound');
  }

  private inTurn<T>(work: () => Promise<T>): Promise<T> {
    this.waiting++;
    const done = this.last.then(work).finally(() => {
      this.waiting--;
    });
    this.last = done.catch(ignore);
    return done;
  }

  private async write(batches: readonly AppendBatch[]): Promise<AppendAnswer[]> {
    const client = this.held?.client ?? (await this.connect());
    const append = (locked: 'wait' | 'skip') => client.query<AppendAnswer>(appendQuery(batches, locked));
    const { rows } = await append('wait').catch((error: unknown) => {
      if (sqlState(error) !== LOCK_NOT_AVAILABLE) throw error;
      return append('skip');
    });
    return rows;
  }

  private async connect(): Promise<PoolClient> {
    const runner = this.dataSource.createQueryRunner();
    const client: PoolClient = await runner.connect();
    // A connection that ends while it is idle says so here; the next append finds out by itself.
    client.on('error', ignore);
    this.held = { runner, client };
    // The plan for the arrays does not depend on them, and planning is a third of the statement.
    await client.query(`SET plan_cache_mode = force_generic_plan; SET lock_timeout = '${LOCK_TIMEOUT}'`);
    if (!this.isUnsafeAllowed) {
      await client.query('SET synchronous_commit = on');
      // A database that was started anew, or another one behind the same name, may have other settings than at our start.
      await requireDurability(async (sql) => (await client.query(sql)).rows);
    }
    return client;
  }

  private async giveBack(state: 'sound' | 'broken'): Promise<void> {
    const { held } = this;
    this.held = undefined;
    if (!held) return;
    // A connection whose statement failed may be in any state: the pool forgets one that is ending. It must go back through
    // its runner all the same, which the pool would else wait for when it closes, and which has given it back already when
    // the connection was lost. What is said on the way out, nobody else hears.
    if (state === 'broken') held.client.end().catch(ignore);
    else held.client.removeListener('error', ignore);
    await held.runner.release();
  }
}

function ignore(): void {}
