import { fileURLToPath } from 'node:url';
import { Piscina } from 'piscina';

// A worker thread loads JavaScript: under a test's transform the built file stands beside the source's folder.
const scriptOf = (file: string) =>
  fileURLToPath(new URL(file, import.meta.url)).replace('/server/src/', '/server/dist/');

const IDLE_MS = 60_000;

/** One worker thread, which does one task after another and may be ended in the middle of one. */
export class WorkerLane {
  private readonly pool: Piscina;
  private last: Promise<unknown> = Promise.resolve();

  /** `file`: the tasks, beside this one. `idleMs`: how long a thread without work is kept, and what it remembers. */
  constructor(
    file: `./${string}.js`,
    private readonly timeoutMs: number,
    idleMs = IDLE_MS,
  ) {
    this.pool = new Piscina({ filename: scriptOf(file), minThreads: 0, maxThreads: 1, idleTimeout: idleMs });
  }

  /**
   * Rejects when the task throws or takes longer than the lane allows. The time does not run while the task waits for
   * its turn: it must not be given up for what another document costs.
   */
  run<Result>(name: string, task: object): Promise<Result> {
    const result = this.last.then(() => this.start<Result>(name, task));
    this.last = result.catch(() => undefined);
    return result;
  }

  /** Resolves when the task under way has ended. */
  async close(): Promise<void> {
    await this.pool.close();
  }

  private async start<Result>(name: string, task: object): Promise<Result> {
    const signal = AbortSignal.timeout(this.timeoutMs);
    try {
      return await this.pool.run(task, { name, signal });
    } catch (error) {
      throw signal.aborted ? new Error(`${name} took longer than ${this.timeoutMs} ms`, { cause: error }) : error;
    }
  }
}
