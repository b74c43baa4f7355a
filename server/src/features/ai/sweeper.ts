import type { Logger } from 'pino';
import { type AiQueue, QueueUnavailable } from '../../core/ai/ai-queue.js';
import type { AiRelay } from '../../core/ai/ai-relay.js';
import type { Abandoned, AiRequests } from '../../core/ai/ai-requests.js';
import { KEEP_MS, MAX_ATTEMPTS, MAX_WAIT_MS, OPEN_MS, STALE_MS, SWEEP_MS } from './lifetimes.js';
import { closedMessage, doneMessage, unavailableMessage } from './record-messages.js';

const FORGET_EVERY = 300;

/**
 * Finds requests that the queue lost or whose worker died, and ends what nobody will answer. Runs in every process: each
 * step is a compare-and-set in the record, so that several may find the same.
 */
export class Sweeper {
  private timer: NodeJS.Timeout | undefined;
  private running: Promise<void> | undefined;
  private sweeps = 0;

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
    clearInterval(this.timer);
    await this.running;
  }

  private async sweep(): Promise<void> {
    try {
      for (const request of await this.requests.abandoned(STALE_MS)) await this.revive(request);
      for (const record of await this.requests.expire(OPEN_MS)) this.relay.publish(closedMessage(record));
      if (this.sweeps++ % FORGET_EVERY === 0) await this.requests.forget(KEEP_MS);
    } catch (error) {
      this.logger.warn({ err: error }, 'requests could not be swept');
    }
  }

  private async revive({ id, kind, attempt, age }: Abandoned): Promise<void> {
    const isHopeless = attempt >= MAX_ATTEMPTS || (attempt === 0 && age > MAX_WAIT_MS);
    if (!isHopeless) {
      await this.queue.add(kind, id, { attempt: attempt + 1 }).catch((error: unknown) => {
        if (!(error instanceof QueueUnavailable)) throw error;
      });
      return;
    }
    const record = await this.requests.giveUp(id, attempt === 0 ? 'no worker took it' : 'its workers died');
    if (!record || kind !== 'completion') return;
    this.logger.warn({ requestId: id, attempt }, 'a completion was given up');
    this.relay.publish(unavailableMessage(record, 'queue_unavailable', 'No worker could answer; try again later'));
    this.relay.publish(doneMessage(record));
    this.relay.publish(closedMessage(record));
  }
}
