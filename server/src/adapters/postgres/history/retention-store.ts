import { setTimeout as delay } from 'node:timers/promises';
import type { PoolClient } from 'pg';
import type { DataSource } from 'typeorm';
import { type RetentionSession, RetentionStore } from '../../../core/history/retention-store.js';
import { BYTES_BETWEEN_SNAPSHOTS } from '../../../core/history/thinning.js';
import { PostgresRetentionSession, type RetentionDays } from './retention-session.js';

const RETENTION_LOCK = 0x68697374; // "hist"

/** How long a server that stops waits until a statement is ended. */
const INTERRUPT_MS = 1_000;

/**
 * All of a pass goes over the one connection that holds the lock: whoever loses it can delete nothing any more.
 */
export class PostgresRetentionStore extends RetentionStore {
  private client: PoolClient | undefined;

  constructor(
    private readonly dataSource: DataSource,
    private readonly days: RetentionDays,
    private readonly bytesBetween = BYTES_BETWEEN_SNAPSHOTS,
  ) {
    super();
  }

  override async exclusively(work: (session: RetentionSession) => Promise<void>): Promise<boolean> {
    const runner = this.dataSource.createQueryRunner();
    const client: PoolClient = await runner.connect();
    client.on('error', ignore);
    let isSound = false;
    try {
      const { rows } = await client.query<{ locked: boolean }>('SELECT pg_try_advisory_lock($1) AS locked', [
        RETENTION_LOCK,
      ]);
      isSound = !rows[0]!.locked;
      if (isSound) return false;
      this.client = client;
      // A vacuum at the pace of autovacuum: it takes longer, and the disk has time for commits.
      await client.query(`SET vacuum_cost_delay = '2ms'`);
      try {
        await work(new PostgresRetentionSession(client, this.days, this.bytesBetween));
      } finally {
        this.client = undefined;
        isSound = await unlock(client);
      }
      return true;
    } finally {
      // The lock ends with the connection, whatever state it is in. What is said on the way out, nobody else hears.
      if (isSound) client.removeListener('error', ignore);
      else client.end().catch(ignore);
      await runner.release();
    }
  }

  override async interrupt(): Promise<void> {
    const { client } = this;
    if (!client) return;
    const { processID } = client as { processID?: number };
    const cancelled = this.dataSource.query('SELECT pg_cancel_backend($1)', [processID]).then(
      () => true,
      () => false,
    );
    const isTold = await Promise.race([cancelled, delay(INTERRUPT_MS, false, { ref: false })]);
    // Who does not hear that does not answer either.
    if (!isTold) hangUp(client);
  }
}

async function unlock(client: PoolClient): Promise<boolean> {
  try {
    await client.query('RESET vacuum_cost_delay; RESET enable_seqscan');
    await client.query('SELECT pg_advisory_unlock($1)', [RETENTION_LOCK]);
    return true;
  } catch {
    return false;
  }
}

/** Not by `end`, which would wait for its turn behind the statement. */
function hangUp(client: PoolClient): void {
  const { connection } = client as unknown as { connection: { stream: { destroy(): void } } };
  connection.stream.destroy();
}

function ignore(): void {}
