import { setTimeout as delay } from 'node:timers/promises';
import type { BullBackend, BullWorker, BullWorkerOptions, JobData } from './bull-backend.js';
import { within } from './within.js';

/**
 * A job whose worker is gone loses its lock after at most six seconds (it is renewed when half of them are over), and is found
 * by one of the next two checks, every two seconds, by any worker: 10 seconds at most, 3 to 6 when measured. A process that does
 * nothing else for six seconds loses its jobs too.
 */
const TAKEOVER = {
  lockDuration: 6000,
  stalledInterval: 2000,
  // Whether a request has been tried often enough is not for the queue to judge.
  maxStalledCount: 1000,
} as const;

const WORKER_OPTIONS: BullWorkerOptions = {
  ...TAKEOVER,
  autorun: false,
  runRetryDelay: 1000,
  // How often an idle worker looks for itself, in seconds: what became of a job whose notification was lost.
  drainDelay: 5,
};

const RETRY_MS = 500;
/** For the store to take note of the last jobs. */
const FAREWELL_MS = 1500;

/** One worker of BullMQ, from its first connection, whenever that is, to the end of its last job. */
export class BullConsumer {
  private worker: BullWorker | undefined;
  private readonly underWay = new Set<Promise<void>>();
  private readonly stopping = new AbortController();
  private stopped: Promise<void> | undefined;

  constructor(
    private readonly backend: BullBackend,
    private readonly name: string,
    private readonly concurrency: number,
    private readonly handler: (requestId: string) => Promise<void>,
    private readonly report: (error: unknown) => void,
  ) {}

  /** Resolves when it takes jobs, or when it was stopped before that. */
  async start(): Promise<void> {
    while (!this.stopping.signal.aborted) {
      try {
        await this.backend.prepare();
        await this.open();
        return;
      } catch (error) {
        if (this.stopping.signal.aborted) return;
        this.report(error);
        await delay(RETRY_MS, undefined, { signal: this.stopping.signal }).catch(ignore);
      }
    }
  }

  /** Takes no more jobs; resolves when those under way are done, and noted if the store can be reached. */
  stop(): Promise<void> {
    this.stopped ??= this.end();
    return this.stopped;
  }

  private async open(): Promise<void> {
    if (this.stopping.signal.aborted) return;
    const options = { ...WORKER_OPTIONS, concurrency: this.concurrency };
    const worker = this.backend.createWorker(this.name, (job) => this.process(job), options);
    this.worker = worker;
    try {
      await worker.waitUntilReady();
    } catch (error) {
      // One that could not begin never will: BullMQ keeps the outcome.
      this.worker = undefined;
      await worker.close(true);
      throw error;
    }
    if (!this.stopping.signal.aborted) worker.run().catch(this.report);
  }

  private async process({ data }: { data: JobData }): Promise<void> {
    const work = this.handle(data.requestId);
    this.underWay.add(work);
    await work;
    this.underWay.delete(work);
  }

  private async handle(requestId: string): Promise<void> {
    try {
      await this.handler(requestId);
    } catch (error) {
      this.report(error);
    }
  }

  private async end(): Promise<void> {
    this.stopping.abort();
    if (!this.worker) return;
    const closed = this.worker.close().catch(this.report);
    while (this.underWay.size > 0) await Promise.all(this.underWay);
    try {
      await within(FAREWELL_MS, closed);
    } catch {
      this.worker.release();
    }
  }
}

function ignore(): void {}
