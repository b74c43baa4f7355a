import { setTimeout as delay } from 'node:timers/promises';
import type { AiJobKind, AiQueue } from '../../../core/ai/ai-queue.js';
import type { AiRelay } from '../../../core/ai/ai-relay.js';
import type { AiRequests } from '../../../core/ai/ai-requests.js';
import { HEARTBEAT_MS, STALE_MS } from '../lifetimes.js';
import type { AiObserver } from './ai-observer.js';
import type { AnalysisRunner } from './analysis-runner.js';
import type { Claims } from './claims.js';
import type { CompletionRunner } from './completion-runner.js';

/** Streams wait for providers, hardly ever for this process. */
const COMPLETIONS = 200;
/** Linters take a core each. */
const ANALYSES = 2;
/** A suggestion at most takes so long that a person still waits for it, in milliseconds. */
const GRACE_MS = 2_000;
/** How long what was given up may take to notice. */
const LAST_MS = 500;

/** Takes requests from the queue, and shows that it is alive. Any number of them may run, in servers or apart. */
export class AiWorker {
  private readonly consumers: (() => Promise<void> | undefined)[] = [];
  private heartbeat: NodeJS.Timeout | undefined;
  private endCommands: (() => void) | undefined;

  constructor(
    private readonly queue: AiQueue,
    private readonly relay: AiRelay,
    private readonly requests: AiRequests,
    private readonly claims: Claims,
    private readonly completions: CompletionRunner,
    private readonly analyses: AnalysisRunner,
    private readonly observer: AiObserver,
  ) {}

  start(): void {
    this.endCommands = this.relay.onCommand(({ type, requestId }) => {
      if (type === 'replay') {
        this.completions.replay(requestId);
        return;
      }
      this.claims.cancel(requestId);
      this.giveUp(requestId);
    });
    this.heartbeat = setInterval(() => void this.beat(), HEARTBEAT_MS);
    this.consume('completion', COMPLETIONS);
    this.consume('analysis', ANALYSES);
  }

  /** Takes no more; what does not end by itself soon is given back for other workers. */
  async stop(): Promise<void> {
    // What is cancelled meanwhile is still given up at once.
    const ended = Promise.all(this.consumers.map((stop) => stop()));
    await Promise.race([ended, delay(GRACE_MS, undefined, { ref: false })]);
    // A sign of life would take back what is released.
    clearInterval(this.heartbeat);
    const left = this.underWay;
    if (left.length > 0) await this.requests.release(left).catch((error: unknown) => this.observer.broken(error, ''));
    await this.handOver('completion', this.completions.underWay);
    await this.handOver('analysis', this.analyses.underWay);
    for (const { id } of left) this.giveUp(id);
    await Promise.race([ended, delay(LAST_MS, undefined, { ref: false })]);
    this.endCommands?.();
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
    this.consumers.push(() => end?.());
  }

  /** At once; the sweeper would find them a little later. */
  private async handOver(kind: AiJobKind, left: readonly { id: string; attempt: number }[]): Promise<void> {
    await Promise.allSettled(left.map(({ id, attempt }) => this.queue.add(kind, id, { attempt: attempt + 1 })));
  }

  private get underWay() {
    return [...this.completions.underWay, ...this.analyses.underWay];
  }

  private async take(id: string): Promise<void> {
    try {
      const claim = await this.claims.take(id, STALE_MS);
      if (claim?.kind === 'completion') await this.completions.run(claim);
      else if (claim) await this.analyses.run(claim);
    } catch (error) {
      // The record still says that it is under way: the sweeper finds it when the signs of life end.
      this.observer.broken(error, id);
    }
  }

  private async beat(): Promise<void> {
    try {
      const held = this.underWay;
      const lost = new Set(await this.requests.keepAlive(held));
      // Not the next attempt, which may have begun meanwhile.
      for (const { id, attempt } of held) if (lost.has(id)) this.giveUp(id, attempt);
    } catch {
      // Without the database nobody else takes over either; the next beat tells.
    }
  }

  private giveUp(id: string, attempt?: number): void {
    this.completions.cancel(id, attempt);
    this.analyses.cancel(id, attempt);
  }
}
