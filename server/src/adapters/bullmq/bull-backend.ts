import type { Queue, Worker, WorkerOptions } from 'bullmq';

export interface JobData {
  readonly requestId: string;
}

/** What is used of BullMQ's classes, whatever they stand on. */
export type BullQueue = Pick<Queue<JobData>, 'add' | 'getJobCounts' | 'waitUntilReady' | 'close'>;
export interface BullWorker extends Pick<Worker<JobData>, 'run' | 'waitUntilReady' | 'close'> {
  /** Lets a `close` come to its end that waits for a store that is away. */
  release(): void;
}
export type BullWorkerOptions = Omit<WorkerOptions, 'connection' | 'prefix'>;

/** Where BullMQ keeps its jobs. What goes wrong outside of a call is reported, never thrown or printed. */
export interface BullBackend {
  /** Makes what queues need in the store. Rejects when the store is away; may be repeated. */
  prepare(): Promise<void>;
  createQueue(name: string): BullQueue;
  createWorker(
    name: string,
    processor: (job: { data: JobData }) => Promise<void>,
    options: BullWorkerOptions,
  ): BullWorker;
  /** Ends the connections. Call it when queues and workers are closed, or released. */
  close(): Promise<void>;
}

/** Whoever looks back at the jobs reads `AiRequests`: nothing is kept here, and BullMQ repeats nothing. */
export const JOB_OPTIONS = { removeOnComplete: true, removeOnFail: true, attempts: 1, stackTraceLimit: 0 } as const;

/** BullMQ writes an event for each change of a job. Nobody here reads them (and on PostgreSQL readers miss some). */
export const STREAMS = { events: { maxLen: 100 } } as const;
