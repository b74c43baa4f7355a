import { type AiJobKind, AiQueue, QueueUnavailable } from '../../core/ai/ai-queue.js';
import type { BullBackend, BullQueue } from './bull-backend.js';
import { BullConsumer } from './bull-consumer.js';
import { PostgresBackend } from './postgres-backend.js';
import { RedisBackend } from './redis-backend.js';
import { sparingly } from './sparingly.js';
import { within } from './within.js';

/** For all of `add`, so that who asks is answered within a second. */
const TIMEOUT_MS = 900;

type Report = (error: unknown) => void;

/**
 * On BullMQ, with one queue for each kind. A job is named after its request and attempt, and is removed when it has ended:
 * adding one that is still there does nothing, adding one that has ended makes another.
 *
 * `report` gets what handlers throw and what goes wrong between calls; nothing is printed.
 */
export class BullAiQueue extends AiQueue {
  private readonly queues = new Map<AiJobKind, Promise<BullQueue>>();
  private readonly consumers = new Set<BullConsumer>();
  private isClosed = false;

  private constructor(
    private readonly backend: BullBackend,
    private readonly report: Report,
  ) {
    super();
  }

  /** Four connections, or one if nothing is consumed. Its maxmemory-policy must be noeviction, which is reported if not so. */
  static onRedis(url: string, report: Report): BullAiQueue {
    const spare = sparingly(report);
    return new BullAiQueue(new RedisBackend(url, TIMEOUT_MS, spare), spare);
  }

  /** Five connections at most. The tables are made in the schema `bullmq` of the database. */
  static onPostgres(databaseUrl: string, report: Report): BullAiQueue {
    const spare = sparingly(report);
    return new BullAiQueue(new PostgresBackend(databaseUrl, TIMEOUT_MS, spare), spare);
  }

  /** `priority`: 0, which is the default, before 1 before 2, up to 2^21. */
  override async add(
    kind: AiJobKind,
    requestId: string,
    { attempt = 1, priority = 0 }: { attempt?: number; priority?: number } = {},
  ): Promise<void> {
    await this.ask(kind, (queue) => queue.add(kind, { requestId }, { jobId: `${requestId}.${attempt}`, priority }));
  }

  override async depth(kind: AiJobKind): Promise<{ waiting: number; active: number }> {
    const counts = await this.ask(kind, (queue) => queue.getJobCounts('waiting', 'prioritized', 'active'));
    return { waiting: (counts.waiting ?? 0) + (counts.prioritized ?? 0), active: counts.active ?? 0 };
  }

  /** As long as the store is away it does not resolve; jobs are taken when it is there. */
  override async consume(
    kind: AiJobKind,
    concurrency: number,
    handler: (requestId: string) => Promise<void>,
  ): Promise<() => Promise<void>> {
    if (this.isClosed) throw new QueueUnavailable('The queue is closed');
    const consumer = new BullConsumer(this.backend, nameOf(kind), concurrency, handler, this.report);
    this.consumers.add(consumer);
    await consumer.start();
    return async () => {
      await consumer.stop();
      this.consumers.delete(consumer);
    };
  }

  /** Waits for the jobs under way. */
  override async close(): Promise<void> {
    if (this.isClosed) return;
    this.isClosed = true;
    await Promise.all([...this.consumers].map((consumer) => consumer.stop()));
    const queues = await Promise.allSettled([...this.queues.values()].map((queue) => within(TIMEOUT_MS, queue)));
    for (const queue of queues) if (queue.status === 'fulfilled') await queue.value.close().catch(this.report);
    await this.backend.close();
  }

  private async ask<T>(kind: AiJobKind, question: (queue: BullQueue) => Promise<T>): Promise<T> {
    if (this.isClosed) throw new QueueUnavailable('The queue is closed');
    try {
      const deadline = performance.now() + TIMEOUT_MS;
      const queue = await within(TIMEOUT_MS, this.queue(kind));
      return await within(deadline - performance.now(), question(queue));
    } catch (error) {
      throw new QueueUnavailable('The queue cannot be reached', { cause: error });
    }
  }

  private queue(kind: AiJobKind): Promise<BullQueue> {
    const known = this.queues.get(kind);
    if (known) return known;
    const queue = this.open(kind);
    this.queues.set(kind, queue);
    // The next one who asks tries again: BullMQ itself keeps the outcome of its first connection for ever.
    queue.catch(() => this.queues.delete(kind));
    return queue;
  }

  private async open(kind: AiJobKind): Promise<BullQueue> {
    await this.backend.prepare();
    const queue = this.backend.createQueue(nameOf(kind));
    try {
      await queue.waitUntilReady();
    } catch (error) {
      await queue.close();
      throw error;
    }
    return queue;
  }
}

function nameOf(kind: AiJobKind): string {
  return `ai-${kind}`;
}
