import { setTimeout as delay } from 'node:timers/promises';
import type { AiJobKind, AiQueue } from '../../../core/ai/ai-queue.js';
import type { AiRelay } from '../../../core/ai/ai-relay.js';
import type { AiRequests } from '../../../core/ai/ai-requests.js';
import { HEARTBEAT_MS, STALE_MS } from '../lifetimes.js';
import type { AiObserver } from './ai-observer.js';
import type { AnalysisRunner } from './analysis-runner.js';
import type { CompletionRunner } from './completion-runner.js';

/** Streams wait for providers, hardly ever for this process. */
const COMPLETIONS = 200;
/** Linters take a core each. */
const ANALYSES = 2;
/** A suggestion at most takes so long that a person still waits for it, in milliseconds. */
const GRACE_MS = 2_000;

/** Takes requests from the queue, and shows that it is alive. Any number of them may run, in servers or apart. */
export class AiWorker {
  private readonly stops: (() => unknown)[] = [];

  constructor(
    private readonly queue: AiQueue,
    private readonly relay: AiRelay,
    private readonly requests: AiRequests,
    private readonly completions: CompletionRunner,
    private readonly analyses: AnalysisRunner,
    private readonly observer: AiObserver,
  ) {}

  start(): void {
    this.stops.push(
      this.relay.onCommand(({ type, requestId }) => {
        if (type === 'replay') this.completions.replay(requestId);
        else this.giveUp(requestId);
      }),
    );
    const heartbeat = setInterval(() => void this.beat(), HEARTBEAT_MS);
    this.stops.push(() => clearInterval(heartbeat));
    this.consume('completion', COMPLETIONS);
    this.consume('analysis', ANALYSES);
  }

  /** Takes no more; what does not end by itself soon is given back for other workers. */
  async stop(): Promise<void> {
    const ended = Promise.all(this.stops.splice(0).map((stop) => stop()));
    await Promise.race([ended, delay(GRACE_MS, undefined, { ref: false })]);
    const left = this.underWay;
    if (left.length > 0) await this.requests.release(left).catch((error: unknown) => this.observer.broken(error, ''));
    for (const { id } of left) this.giveUp(id);
    await ended;
  }

  /** Not waited for: a queue that is away is no reason not to open the doors. */
  private consume(kind: AiJobKind, concurrency: number): void {
    let end: (() => Promise<void>) | undefined;
    this.queue
      .consume(kind, concurrency, (id) => this.take(id))
      .then(
        (stop) => {
          end = stop;
        },
        (error: unknown) => this.observer.broken(error, kind),
      );
    this.stops.push(() => end?.());
  }

  private get underWay() {
    return [...this.completions.underWay, ...this.analyses.underWay];
  }

  private async take(id: string): Promise<void> {
    try {
      const claim = await this.requests.claim(id, STALE_MS);
      if (claim?.kind === 'completion') await this.completions.run(claim);
      else if (claim) await this.analyses.run(claim);
    } catch (error) {
      // The record still says that it is under way: the sweeper finds it when the signs of life end.
      this.observer.broken(error, id);
    }
  }

  private async beat(): Promise<void> {
    try {
      const lost = await this.requests.keepAlive(this.underWay);
      for (const id of lost) this.giveUp(id);
    } catch {
      // Without the database nobody else takes over either; the next beat tells.
    }
  }

  private giveUp(id: string): void {
    this.completions.cancel(id);
    this.analyses.cancel(id);
  }
}
