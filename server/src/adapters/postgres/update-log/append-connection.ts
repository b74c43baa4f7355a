import type { PoolClient } from 'pg';
import type { DataSource, QueryRunner } from 'typeorm';
import type { AppendBatch } from '../../../core/document/update-log.js';
import { type AppendAnswer, appendQuery } from './append-statement.js';

/** The connection of one committer, held for its whole life: the statement is prepared on it once. */
export class AppendConnection {
  private held: { runner: QueryRunner; client: PoolClient } | undefined;

  constructor(private readonly dataSource: DataSource) {}

  /** Rejects with the driver's error; the connection is then given up and the next call takes a new one. */
  async append(batches: readonly AppendBatch[]): Promise<AppendAnswer[]> {
    try {
      const client = await this.connect();
      const { rows } = await client.query<AppendAnswer>(appendQuery(batches));
      return rows;
    } catch (error) {
      await this.close('broken');
      throw error;
    }
  }

  async close(state: 'sound' | 'broken' = 'sound'): Promise<void> {
    const held = this.held;
    this.held = undefined;
    if (!held) return;
    held.client.removeListener('error', ignore);
    // A connection whose statement failed may be in any state: the pool forgets one that is ending. It must go back through
    // its runner all the same, which the pool would else wait for when it closes, and which has given it back already when
    // the connection was lost.
    if (state === 'broken') held.client.end().catch(ignore);
    await held.runner.release();
  }

  private async connect(): Promise<PoolClient> {
    if (this.held) return this.held.client;
    const runner = this.dataSource.createQueryRunner();
    const client: PoolClient = await runner.connect();
    // A connection that ends while it is idle says so here; the next append finds out by itself.
    client.on('error', ignore);
    this.held = { runner, client };
    // The plan for the arrays does not depend on them, and planning is a third of the statement.
    await client.query('SET synchronous_commit = on; SET plan_cache_mode = force_generic_plan');
    return client;
  }
}

function ignore(): void {}
