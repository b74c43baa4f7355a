/**
 * Runs what it is given in the next microtask, in order: a listener that is told this way never runs inside `publish`, and
 * what it publishes in turn cannot overtake what it is being told.
 */
export class MicrotaskQueue {
  private waiting: (() => void)[] = [];

  push(task: () => void): void {
    if (this.waiting.push(task) === 1) queueMicrotask(() => this.flush());
  }

  /** Runs what waits now. What the tasks push gets a microtask of its own. */
  flush(): void {
    const tasks = this.waiting;
    this.waiting = [];
    for (const run of tasks) run();
  }
}
