import { createHash } from 'node:crypto';
import { Pool } from 'pg';

export interface StatementPoolOptions {
  /** Connections at most. */
  readonly size: number;
  /**
   * False: a commit does not wait for the disk. A crash of PostgreSQL may forget the last half second of what was written,
   * in order; nothing that it keeps is damaged.
   */
  readonly isDurable: boolean;
  readonly name: string;
}

/** A connection takes 4 to 11 ms to make: between two thoughts of somebody who types, it is kept. */
const IDLE_MS = 5 * 60_000;
const CONNECT_MS = 5_000;
const ANSWER_MS = 5_000;

/**
 * Connections for few statements that are asked again and again. Each is prepared once for each connection: of a statement
 * that takes 0.3 ms, parsing and planning are another 0.5.
 */
export class StatementPool {
  private readonly pool: Pool;
  private readonly names = new Map<string, string>();

  constructor(databaseUrl: string, { size, isDurable, name }: StatementPoolOptions) {
    this.pool = new Pool({
      connectionString: databaseUrl,
      max: size,
      idleTimeoutMillis: IDLE_MS,
      connectionTimeoutMillis: CONNECT_MS,
      // A connection that a failover left for dead answers nothing, for hours.
      query_timeout: ANSWER_MS,
      keepAlive: true,
      allowExitOnIdle: true,
      application_name: name,
      ...(isDurable ? {} : { options: '-c synchronous_commit=off' }),
    });
    // An idle connection that PostgreSQL ends would otherwise end this process: the pool makes a new one on demand.
    this.pool.on('error', () => undefined);
  }

  /** Rejects with what `pg` throws. */
  async query<Row extends object>(text: string, values: unknown[]): Promise<Row[]> {
    return (await this.pool.query<Row>({ name: this.nameOf(text), text, values })).rows;
  }

  async close(): Promise<void> {
    await this.pool.end();
  }

  private nameOf(text: string): string {
    let name = this.names.get(text);
    if (name === undefined) {
      name = createHash('sha256').update(text).digest('base64url').slice(0, 16);
      this.names.set(text, name);
    }
    return name;
  }
}
