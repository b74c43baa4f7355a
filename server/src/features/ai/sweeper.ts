import type { Logger } from 'pino';
import { type AiQueue, QueueUnavailable } from '../../core/ai/ai-queue.js';
import type { AiRelay } from '../../core/ai/ai-relay.js';
import type { Abandoned, AiRequests } from '../../core/ai/ai-requests.js';
import { KEEP_MS, MAX_ATTEMPTS, MAX_WAIT_MS, OPEN_MS, STALE_MS, SWEEP_MS } from './lifetimes.js';
import { closedMessage, doneMessage, unavailableMessage } from './record-messages.js';

const FORGET_EVERY = 300;

/**
 * Finds requests that the queue lost or whose worker died, and ends what nobody will answer. Runs on every node: each
 * step is a compare-and-set in the record, so that several may find the same.
 */
export class Sweeper {
  private timer: NodeJS.Timeout | undefined;
  private running: Promise<void> | undefined;
  private sweeps = 0;
  private isStopping = false;

  constructor(
    private readonly requests: AiRequests,
    private readonly queue: AiQueue,
    private readonly relay: AiRelay,
    private readonly logger: Logger,
  ) {}

  start(): void {
    this.timer = setInterval(() => {
      this.running ??= this.sweep().finally(() => {
        this.running = undefined;
      });
    }, SWEEP_MS);
  }

  async stop(): Promise<void> {
    this.isStopping = true;
    clearInterval(this.timer);
    await this.running;
  }

  private async sweep(): Promise<void> {
    try {
      for (const record of await this.requests.expire(OPEN_MS)) this.relay.publish(closedMessage(record));
      if (this.sweeps++ % FORGET_EVERY === 0) await this.requests.forget(KEEP_MS);
      const abandoned = await this.requests.abandoned(STALE_MS);
      for (const request of abandoned.filter(isHopeless)) await this.giveUp(request);
      for (const { kind, id, attempt } of abandoned.filter((request) => !isHopeless(request))) {
        if (this.isStopping) return;
        await this.queue.add(kind, id, { attempt: attempt + 1 });
      }
    } catch (error) {
      // A queue that is away takes none of the others either; they are found again.
      if (error instanceof QueueUnavailable) this.logger.debug({ err: error }, 'the queue is away');
      else this.logger.warn({ err: error }, 'requests could not be swept');
    }
  }

  private async giveUp({ id, kind, attempt }: Abandoned): Promise<void> {
    const record = await this.requests.giveUp(id, attempt, attempt === 0 ? 'no worker took it' : 'its workers died');
    if (!record) return;
    this.relay.command({ type: 'cancel', requestId: id });
    this.logger.warn({ requestId: id, kind, attempt }, 'an AI request was given up');
    if (kind === 'analysis') {
      const { projectId, userId } = record;
      // Nobody waits for a run that followed an edit.
      if (userId) this.relay.publish({ type: 'progress', projectId, runId: id, done: 0, total: 0, state: 'failed' });
      return;
    }
    this.relay.publish(unavailableMessage(record, 'queue_unavailable', 'No worker could answer; try again later'));
    this.relay.publish(doneMessage(record));
    this.relay.publish(closedMessage(record));
  }
}

function isHopeless({ kind, attempt, age }: Abandoned): boolean {
  return attempt >= MAX_ATTEMPTS || (attempt === 0 && age > MAX_WAIT_MS[kind]);
}
