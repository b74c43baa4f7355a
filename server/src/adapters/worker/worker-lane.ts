import { fileURLToPath } from 'node:url';
import { Piscina } from 'piscina';

// A worker thread loads JavaScript: under a test's transform the built file stands beside the source's folder.
const scriptOf = (file: string) =>
  fileURLToPath(new URL(file, import.meta.url)).replace('/server/src/', '/server/dist/');

const IDLE_MS = 60_000;

/** The thread was ended in the middle of the task, and what it remembered is gone. */
export class LaneTimeout extends Error {}

/** The lane was closed before the task was done. */
export class LaneClosed extends Error {}

export interface TurnOptions {
  /** A task that waits is dropped when it fires. One that runs is left alone: to stop it would cost all that the thread remembers. */
  readonly signal?: AbortSignal | undefined;
  /** Goes before all that is not. */
  readonly isUrgent?: boolean;
  /** Buffers of the task that the thread is given instead of a copy: whoever handed them over has them no more. */
  readonly transfer?: readonly ArrayBuffer[];
}

interface Turn {
  readonly isUrgent: boolean;
  begin(): Promise<void>;
  drop(reason: unknown): void;
}

/** One worker thread, which does one task after another and may be ended in the middle of one. */
export class WorkerLane {
  private readonly pool: Piscina;
  private readonly waiting: Turn[] = [];
  private isBusy = false;
  private isClosed = false;

  /** `file`: the tasks, beside this one. `idleMs`: how long a thread without work is kept, and what it remembers. */
  constructor(
    file: `./${string}.js`,
    private readonly timeoutMs: number,
    idleMs = IDLE_MS,
  ) {
    // Its histograms of waiting and running times would take a megabyte for each lane.
    this.pool = new Piscina({
      filename: scriptOf(file),
      minThreads: 0,
      maxThreads: 1,
      idleTimeout: idleMs,
      recordTiming: false,
    });
  }

  /**
   * Rejects when the task throws, with LaneTimeout when it takes longer than the lane allows, with LaneClosed, and with the
   * signal's reason when it was dropped: then it has not run. The time does not run while the task waits for its turn: it
   * must not be given up for what another document costs.
   */
  run<Result>(name: string, task: object, options: TurnOptions = {}): Promise<Result> {
    const { signal, isUrgent = false, transfer = [] } = options;
    if (this.isClosed) return Promise.reject(closed());
    if (signal?.aborted) return Promise.reject(signal.reason);
    return new Promise((resolve, reject) => {
      const withdraw = () => {
        this.waiting.splice(this.waiting.indexOf(turn), 1);
        reject(signal!.reason);
      };
      const turn: Turn = {
        isUrgent,
        begin: () => {
          signal?.removeEventListener('abort', withdraw);
          return this.start<Result>(name, task, transfer).then(resolve, reject);
        },
        drop: (reason) => {
          signal?.removeEventListener('abort', withdraw);
          reject(reason);
        },
      };
      signal?.addEventListener('abort', withdraw, { once: true });
      const place = isUrgent ? this.waiting.findIndex((other) => !other.isUrgent) : -1;
      this.waiting.splice(place === -1 ? this.waiting.length : place, 0, turn);
      void this.work();
    });
  }

  /** Ends the thread, whatever it is at; what runs and what waits rejects. */
  async close(): Promise<void> {
    this.isClosed = true;
    for (const turn of this.waiting.splice(0)) turn.drop(closed());
    await this.pool.destroy();
  }

  private async work(): Promise<void> {
    if (this.isBusy) return;
    this.isBusy = true;
    for (let turn = this.waiting.shift(); turn; turn = this.waiting.shift()) await turn.begin();
    this.isBusy = false;
  }

  private async start<Result>(name: string, task: object, transfer: readonly ArrayBuffer[]): Promise<Result> {
    const signal = AbortSignal.timeout(this.timeoutMs);
    try {
      return await this.pool.run(task, { name, signal, transferList: [...transfer] });
    } catch (error) {
      if (this.isClosed) throw closed(error);
      if (signal.aborted) throw new LaneTimeout(`${name} took longer than ${this.timeoutMs} ms`, { cause: error });
      throw error;
    }
  }
}

function closed(cause?: unknown): LaneClosed {
  return new LaneClosed('the worker thread has been closed', { cause });
}
