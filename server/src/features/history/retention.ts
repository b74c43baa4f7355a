import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { HistoryWork } from '../../core/history/history-work.js';
import type { RetentionStore } from '../../core/history/retention-store.js';
import { Doubts } from './doubts.js';
import type { RetentionMetrics } from './retention-metrics.js';
import { RetentionPass } from './retention-pass.js';

const EVERY_MS = 60 * 60_000;
/** The first pass of a process: nodes that start together ask one after the other, and a start is not slower for it. */
const FIRST_MS = { least: 2 * 60_000, spread: 5 * 60_000 };

export interface RetentionSettings {
  /** Rows of one statement: some milliseconds of the database's time. */
  readonly batchRows: number;
  readonly stepRows: number;
  readonly stepBytes: number;
  readonly vacuumRows: number;
  /** Between two statements. */
  readonly pauseMs: number;
}

export const RETENTION_SETTINGS: RetentionSettings = {
  batchRows: 1_000,
  stepRows: 50_000,
  stepBytes: 64 * 1024 * 1024,
  vacuumRows: 20_000,
  pauseMs: 20,
};

class Stopped extends Error {}

/** Runs a pass of retention now and then, on one node at a time. */
export class Retention {
  private timer: NodeJS.Timeout | undefined;
  private running: Promise<boolean> | undefined;
  private readonly stopping = new AbortController();
  private readonly doubts = new Doubts();

  constructor(
    private readonly store: RetentionStore,
    private readonly work: HistoryWork,
    private readonly metrics: RetentionMetrics,
    private readonly logger: Logger,
    private readonly settings: RetentionSettings = RETENTION_SETTINGS,
  ) {}

  start(): void {
    this.schedule(FIRST_MS.least + Math.random() * FIRST_MS.spread);
  }

  /**
   * No pass begins any more, and the one that runs ends with its statement, whatever that is; or with its work on a document,
   * which the caller ends.
   */
  async stop(): Promise<void> {
    this.stopping.abort(new Stopped('retention stops'));
    clearTimeout(this.timer);
    // It may be over before the interruption is.
    const { running } = this;
    if (!running) return;
    await this.store.interrupt();
    await running.catch(() => undefined);
  }

  /** One pass now, or the one that runs. False when another node is at it. Rejects when it could not be finished. */
  run(): Promise<boolean> {
    this.running ??= this.pass().finally(() => {
      this.running = undefined;
    });
    return this.running;
  }

  private schedule(afterMs: number): void {
    if (this.stopping.signal.aborted) return;
    this.timer = setTimeout(() => {
      this.run()
        .catch((error: unknown) => {
          if (!this.stopping.signal.aborted) this.logger.warn({ err: error }, 'a pass of retention was not finished');
        })
        .finally(() => this.schedule(EVERY_MS));
    }, afterMs);
    this.timer.unref();
  }

  private async pass(): Promise<boolean> {
    const began = performance.now();
    const { signal } = this.stopping;
    const { pauseMs, ...pace } = this.settings;
    const pause = () => delay(pauseMs, undefined, { signal });
    const ran = await this.store.exclusively((session) => {
      signal.throwIfAborted();
      return new RetentionPass(session, this.work, { ...pace, pause }, this.doubts, this.metrics, this.logger).run();
    });
    if (ran) this.metrics.passed((performance.now() - began) / 1000);
    return ran;
  }
}
