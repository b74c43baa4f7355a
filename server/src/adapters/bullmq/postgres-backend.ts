import { setTimeout as delay } from 'node:timers/promises';
import {
  createPostgresBackend,
  DEFAULT_SCHEMA,
  type PgPool,
  type PgPoolClient,
  type PgQueryResult,
  runMigrations,
  withBackend,
} from 'bullmq';
import { Pool } from 'pg';
import {
  type BullBackend,
  type BullQueue,
  type BullWorker,
  type BullWorkerOptions,
  JOB_OPTIONS,
  type JobData,
  STREAMS,
} from './bull-backend.js';
import { within } from './within.js';

const classes = withBackend(createPostgresBackend);

/** One for each kind of worker to listen on, the rest for statements of a millisecond. */
const POOL_SIZE = 5;
const QUERY_TIMEOUT_MS = 5000;
const RETRY_MS = 500;
const CLOSE_TIMEOUT_MS = 1000;

export class PostgresBackend implements BullBackend {
  private readonly pool: Pool;
  private readonly patientPool: PatientPool;
  private prepared: Promise<void> | undefined;
  private readonly closing = new AbortController();
  private readonly report: (error: unknown) => void;

  constructor(
    databaseUrl: string,
    /** Of the wait for a connection. */
    timeoutMs: number,
    report: (error: unknown) => void,
  ) {
    // What becomes of a connection that is given up is nobody's trouble.
    this.report = (error) => {
      if (!this.closing.signal.aborted) report(error);
    };
    this.pool = new Pool({
      connectionString: forQueues(databaseUrl),
      application_name: 'tandem-queue',
      max: POOL_SIZE,
      connectionTimeoutMillis: timeoutMs,
      query_timeout: QUERY_TIMEOUT_MS,
      keepAlive: true,
    });
    this.pool.on('error', this.report);
    this.patientPool = new PatientPool(this.pool, this.closing.signal);
    // Half a second on an empty database, which the first who adds should not have to wait for.
    this.prepare().catch(this.report);
  }

  /** Several processes may do so at once: BullMQ takes a lock for it. */
  prepare(): Promise<void> {
    this.prepared ??= this.migrate().catch((error) => {
      this.prepared = undefined;
      throw error;
    });
    return this.prepared;
  }

  createQueue(name: string): BullQueue {
    const options = { connection: this.pool, defaultJobOptions: JOB_OPTIONS, streams: STREAMS };
    const queue = new classes.Queue<JobData>(name, options);
    queue.on('error', this.report);
    return queue;
  }

  createWorker(
    name: string,
    processor: (job: { data: JobData }) => Promise<void>,
    options: BullWorkerOptions,
  ): BullWorker {
    const worker = new classes.Worker<JobData>(name, processor, { ...options, connection: this.patientPool });
    worker.on('error', this.report);
    // Each of its statements has an end.
    return Object.assign(worker, { release: () => undefined });
  }

  async close(): Promise<void> {
    this.closing.abort();
    // It waits for its statements, of which each has an end, even with a database that is silent.
    await within(CLOSE_TIMEOUT_MS, this.pool.end()).catch(this.report);
  }

  private async migrate(): Promise<void> {
    const client = await this.pool.connect();
    // Also on its way out: what the database says then must not end the process.
    client.on('error', () => undefined);
    try {
      // Tables, unlike jobs, must not be undone by a crash.
      await client.query('SET synchronous_commit = on');
      await runMigrations(client, DEFAULT_SCHEMA);
    } finally {
      client.release(true);
    }
  }
}

/**
 * The URL, for sessions that find BullMQ's tables without their schema, as its statements name them. They do not wait for the
 * disk: a job that a crash undoes is added again by the sweeper.
 */
function forQueues(databaseUrl: string): string {
  const url = new URL(databaseUrl);
  const options = [url.searchParams.get('options'), `-c search_path=${DEFAULT_SCHEMA}`, '-c synchronous_commit=off'];
  url.searchParams.set('options', options.filter(Boolean).join(' '));
  return url.href;
}

/**
 * The pool as workers see it: an error is passed on after half a second. BullMQ asks again at once after most errors (a
 * database that is starting up, no connection left), for as long as they last.
 */
class PatientPool implements PgPool {
  constructor(
    private readonly pool: Pool,
    private readonly closing: AbortSignal,
  ) {}

  connect(): Promise<PgPoolClient> {
    return this.patiently(this.pool.connect());
  }

  query<R>(text: string, params?: readonly unknown[]): Promise<PgQueryResult<R>> {
    return this.patiently((this.pool as PgPool).query<R>(text, params));
  }

  /** The backend's to report, and to end. */
  on(): this {
    return this;
  }
  removeAllListeners(): this {
    return this;
  }
  async end(): Promise<void> {}

  private async patiently<T>(work: Promise<T>): Promise<T> {
    try {
      return await work;
    } catch (error) {
      await delay(RETRY_MS, undefined, { signal: this.closing }).catch(() => undefined);
      throw error;
    }
  }
}
