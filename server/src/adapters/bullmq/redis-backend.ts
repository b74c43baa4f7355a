import { once } from 'node:events';
import { createRedisBackend, withBackend } from 'bullmq';
import type { Redis } from 'ioredis';
import {
  type BullBackend,
  type BullQueue,
  type BullWorker,
  type BullWorkerOptions,
  JOB_OPTIONS,
  type JobData,
  STREAMS,
} from './bull-backend.js';
import { closeRedis, openConsumer, openProducer, type RedisSettings } from './redis-connections.js';

const classes = withBackend(createRedisBackend);

const PREFIX = 'tandem';
/** BullMQ would ask for the version, and print what it thinks of the server, for each of its connections. */
const COMMON = { prefix: PREFIX, skipVersionCheck: true };

/** Four connections with both kinds of workers: one that adds, one of the workers, one for each worker to wait on. */
export class RedisBackend implements BullBackend {
  private readonly producer: Redis;
  private consumer: Redis | undefined;
  private readonly settings: RedisSettings;
  private isClosed = false;

  constructor(
    url: string,
    /** Of the answer to one command that adds or counts. */
    private readonly timeoutMs: number,
    private readonly report: (error: unknown) => void,
  ) {
    this.settings = { url, timeoutMs, isClosed: () => this.isClosed, report };
    this.producer = openProducer(this.settings);
    this.producer.once('ready', () => void this.checkEviction());
  }

  async prepare(): Promise<void> {
    if (this.producer.status === 'ready') return;
    await once(this.producer, 'ready', { signal: AbortSignal.timeout(this.timeoutMs) });
  }

  createQueue(name: string): BullQueue {
    const options = { ...COMMON, connection: this.producer, defaultJobOptions: JOB_OPTIONS, streams: STREAMS };
    const queue = new classes.Queue<JobData>(name, options);
    queue.on('error', this.report);
    return queue;
  }

  createWorker(
    name: string,
    processor: (job: { data: JobData }) => Promise<void>,
    options: BullWorkerOptions,
  ): BullWorker {
    this.consumer ??= openConsumer(this.settings);
    const worker = new classes.Worker<JobData, void>(name, processor, {
      ...options,
      ...COMMON,
      connection: this.consumer,
    });
    worker.on('error', this.report);
    const release = () => worker.getBackend().blockingClient?.then(closeRedis).catch(ignore);
    return Object.assign(worker, { release: () => void release() });
  }

  async close(): Promise<void> {
    this.isClosed = true;
    await Promise.all([closeRedis(this.producer), this.consumer && closeRedis(this.consumer)]);
  }

  private async checkEviction(): Promise<void> {
    const info = await this.producer.info('memory').catch(() => '');
    const policy = /maxmemory_policy:(\S+)/.exec(info)?.[1];
    if (policy === undefined || policy === 'noeviction') return;
    this.report(new Error(`Redis may drop jobs: its maxmemory-policy is ${policy}, it should be noeviction`));
  }
}

function ignore(): void {}
