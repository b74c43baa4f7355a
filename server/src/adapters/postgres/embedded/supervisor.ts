import { setTimeout as delay } from 'node:timers/promises';
import { EmbeddedPostgresError } from './embedded-postgres-error.js';
import { type PostmasterOptions, PostmasterRun } from './postmaster.js';
import { clearWay } from './postmaster-pid.js';

/** Reasons that pass by themselves: children of a killed PostgreSQL still hold its files, or the port is still held. */
const PASSING = /postmaster\.pid" already exists|shared memory block|in use/;
const PASSING_TIMEOUT_MS = 30_000;
/** Replaying the log after a crash is work, not a hang; PostgreSQL is let finish it. */
const RECOVERY_TIMEOUT_MS = 600_000;
const SLOW_MS = 5_000;
const LONGEST_PAUSE_MS = 5_000;

export interface SupervisorOptions extends PostmasterOptions {
  readonly log: (line: string) => void;
}

/**
 * Keeps one PostgreSQL running on the same port:
 *
 *     start ──▶ ready ──▶ ended by itself ──▶ pause ──▶ start again ...
 *                 └─ stop() ──▶ gone
 *
 * After the first start it never gives up: a full disk or a missing library may be mended while the server runs.
 */
export class Supervisor {
  #run: PostmasterRun | undefined;
  readonly #stopping = new AbortController();

  constructor(private readonly options: SupervisorOptions) {}

  get pid(): number | undefined {
    return this.#run?.pid;
  }

  /** Resolves when PostgreSQL takes sessions. */
  async start(): Promise<void> {
    const deadline = performance.now() + PASSING_TIMEOUT_MS;
    for (let failures = 0; ; failures++) {
      const run = await this.#launch();
      const slow = setTimeout(() => this.options.log('PostgreSQL replays its log after a crash ...'), SLOW_MS);
      const ready = await run.ready(RECOVERY_TIMEOUT_MS);
      clearTimeout(slow);
      if (ready) {
        void this.#watch(run);
        return;
      }
      await run.stop(5_000);
      const { how, lastLines } = await run.ended;
      if (!PASSING.test(lastLines) || performance.now() > deadline) {
        throw new EmbeddedPostgresError(`PostgreSQL ended ${how} while starting:\n${lastLines}`);
      }
      await delay(pauseAfter(failures));
    }
  }

  /** Resolves when the process is gone; a second call waits for the same end. */
  async stop(graceMs: number): Promise<void> {
    this.#stopping.abort();
    await this.#run?.stop(graceMs);
    this.options.guard(undefined);
  }

  async #watch(first: PostmasterRun): Promise<void> {
    let run = first;
    for (let failures = 0; ; failures++) {
      const { how, lastLines } = await run.ended;
      this.options.guard(undefined);
      if (this.#stopping.signal.aborted) return;
      this.options.log(`PostgreSQL ended ${how}: starting it again${failures > 0 ? `\n${lastLines}` : ''}`);
      const since = performance.now();
      try {
        await delay(pauseAfter(failures), undefined, { signal: this.#stopping.signal });
        run = await this.#launch();
      } catch (error) {
        if (this.#stopping.signal.aborted) return;
        this.options.log(`PostgreSQL cannot be started: ${(error as Error).message}`);
        continue;
      }
      if (await run.ready(RECOVERY_TIMEOUT_MS)) {
        this.options.log(`PostgreSQL is back after ${((performance.now() - since) / 1000).toFixed(1)} s`);
        failures = -1;
      }
    }
  }

  async #launch(): Promise<PostmasterRun> {
    await clearWay(this.options.clusterDir, this.options.log, PASSING_TIMEOUT_MS);
    // stop() may have come while the way was cleared.
    this.#stopping.signal.throwIfAborted();
    this.#run = new PostmasterRun(this.options);
    return this.#run;
  }
}

function pauseAfter(failures: number): number {
  return Math.min(LONGEST_PAUSE_MS, failures === 0 ? 0 : 50 * 2 ** failures);
}
