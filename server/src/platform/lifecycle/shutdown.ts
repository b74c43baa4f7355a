import { seconds } from './seconds.js';

export interface ShutdownOptions {
  /** The whole of it; what is not done by then is cut. */
  readonly totalMs: number;
  readonly say: (line: string) => void;
  readonly logFatal: (error: unknown) => void;
  readonly exit: (code: number) => void;
}

interface Step {
  readonly name: string;
  readonly limitMs: number;
  readonly stop: () => Promise<void>;
}

/**
 * A terminal sends Ctrl-C to npm and to us, and npm sends it on: two signals for one press. A second press comes later.
 */
const ONE_PRESS_MS = 500;
const FORCED = 130;

/** Ends the process in order: the last thing that was started is stopped first, each within its limit, all within the total. */
export class Shutdown {
  readonly #steps: Step[] = [];
  #began: number | undefined;

  constructor(private readonly options: ShutdownOptions) {}

  get stopping(): boolean {
    return this.#began !== undefined;
  }

  /** To be called for each thing right after it is started. */
  onStop(name: string, limitMs: number, stop: () => Promise<void>): void {
    this.#steps.push({ name, limitMs, stop });
  }

  /** Takes over the signals and the errors that nobody caught. */
  listen(target: NodeJS.EventEmitter = process): void {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) target.on(signal, () => this.#onSignal());
    for (const event of ['uncaughtException', 'unhandledRejection']) {
      target.on(event, (error: unknown) => {
        // Nothing in memory can be trusted now; what is durable is in PostgreSQL, and that is stopped properly.
        this.options.logFatal(error);
        void this.stop(1);
      });
    }
  }

  /** Resolves after `exit` was called; a call while it runs does nothing. */
  async stop(code: number): Promise<void> {
    if (this.#began !== undefined) return;
    this.#began = performance.now();
    if (code === 0) this.options.say('Stopping ...');
    const clean = await this.#runSteps(this.#began + this.options.totalMs);
    if (code === 0) this.options.say(`Stopped after ${seconds(this.#began)}`);
    this.options.exit(clean ? code : code || 1);
  }

  async #runSteps(deadline: number): Promise<boolean> {
    let clean = true;
    for (let step = this.#steps.pop(); step; step = this.#steps.pop()) {
      const { name, limitMs, stop } = step;
      try {
        const inTime = await within(Math.min(limitMs, deadline - performance.now()), stop());
        if (!inTime) this.options.say(`${name} did not stop in time`);
        clean &&= inTime;
      } catch (error) {
        // The others must be stopped all the same.
        this.options.logFatal(error);
        clean = false;
      }
    }
    return clean;
  }

  #onSignal(): void {
    if (this.#began === undefined) void this.stop(0);
    else if (performance.now() - this.#began > ONE_PRESS_MS) {
      this.options.say('Forced to end at once');
      this.options.exit(FORCED);
    }
  }
}

async function within(limitMs: number, work: Promise<void>): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<boolean>((resolve) => {
    timer = setTimeout(() => resolve(false), Math.max(0, limitMs));
  });
  try {
    return await Promise.race([work.then(() => true), late]);
  } finally {
    clearTimeout(timer);
  }
}
