import pg from 'pg';
import { Samples } from './samples.ts';

/**
 * The yardstick: the same rows, gathered and written by one self-clocking committer with one plain INSERT, to the same
 * PostgreSQL. No head, no fence, no outbox, no sockets.
 */
export class BareCommit {
  private readonly client: pg.Client;
  private waiting: { bytes: Buffer; since: number; done: (seq: number) => void }[] = [];
  private isRunning = false;
  readonly samples = new Samples();
  commits = 0;

  constructor(url: string) {
    this.client = new pg.Client({ connectionString: url });
  }

  async start(): Promise<void> {
    await this.client.connect();
    await this.client.query('CREATE TABLE IF NOT EXISTS bench_rows (id bigserial PRIMARY KEY, bytes bytea NOT NULL)');
  }

  async stop(): Promise<void> {
    await this.client.query('DROP TABLE bench_rows');
    await this.client.end();
  }

  /** Resolves when the row is committed. */
  write(bytes: Buffer): Promise<number> {
    return new Promise((done) => {
      this.waiting.push({ bytes, since: performance.now(), done });
      if (!this.isRunning) {
        this.isRunning = true;
        setImmediate(() => void this.run());
      }
    });
  }

  private async run(): Promise<void> {
    while (this.waiting.length > 0) {
      const batch = this.waiting.splice(0);
      await this.client.query({
        name: 'bare',
        text: 'INSERT INTO bench_rows (bytes) SELECT unnest($1::bytea[])',
        values: [batch.map((row) => row.bytes)],
      });
      this.commits++;
      const now = performance.now();
      for (const row of batch) {
        this.samples.add(now - row.since);
        row.done(0);
      }
    }
    this.isRunning = false;
  }
}
