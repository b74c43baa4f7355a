import { realTurn, type Surroundings, takeOver } from './virtual-globals.js';

/** A process of the simulated world: a server, a browser tab, the database. */
export class Process {
  state: 'running' | 'stopped' | 'dead' = 'running';
  /** How wrong its wall clock is, in milliseconds. */
  clockError = 0;
  /** What fell due while it was stopped. */
  readonly held: Task[] = [];
  /** Timers and deliveries that it waits for. */
  waiting = 0;

  constructor(readonly name: string) {}
}

interface Task {
  at: number;
  /** Of two that are due at once, the earlier made. */
  order: number;
  readonly process: Process;
  readonly call: () => void;
  isOver: boolean;
}

const EPOCH_MS = 1_700_000_000_000;

/**
 * The event loop of a world in which no real time passes. Each task belongs to a process; one that is stopped gets its
 * tasks when it goes on, one that is dead never. Promises run to their end between two tasks, so that whatever a task
 * starts belongs to its process too.
 */
export class VirtualLoop {
  now = 0;
  /** Whose code runs. */
  current: Process;
  /** How many tasks have run. */
  turns = 0;
  private readonly heap: Task[] = [];
  private order = 0;

  constructor(
    readonly outside: Process,
    private readonly random: () => number,
    /** A task threw: outside of a simulation, its process would have ended. */
    private readonly failed: (process: Process, error: unknown) => void,
  ) {
    this.current = outside;
  }

  /** Runs `body` with all timers and clocks of this realm on this loop. */
  async run<T>(body: () => Promise<T>): Promise<T> {
    const surroundings: Surroundings = {
      now: () => this.now,
      wallClock: () => Math.floor(EPOCH_MS + this.now + this.current.clockError),
      timer: (call, ms, repeats) => {
        const { current } = this;
        if (!repeats) return { cancel: this.post(current, ms, call) };
        let cancel = () => {};
        const tick = () => {
          cancel = this.post(current, ms, tick);
          call();
        };
        cancel = this.post(current, ms, tick);
        return { cancel: () => cancel() };
      },
      random: () => Math.floor(this.random() * 2 ** 32),
    };
    const release = takeOver(surroundings);
    try {
      return await body();
    } finally {
      release();
    }
  }

  /** Calls back in `process` after `ms`. Returns the call that cancels it. */
  post(process: Process, ms: number, call: () => void): () => void {
    const task: Task = { at: this.now + ms, order: this.order++, process, call, isOver: false };
    if (process.state === 'dead') return () => {};
    process.waiting++;
    this.push(task);
    return () => {
      if (!task.isOver) process.waiting--;
      task.isOver = true;
    };
  }

  /** Runs code of a process from outside, with the promises that follow from it. */
  async enter(process: Process, call: () => void): Promise<void> {
    if (process.state !== 'running') return;
    this.execute(process, call);
    await realTurn();
    this.current = this.outside;
  }

  /** SIGCONT: what fell due meanwhile comes now, in its order. */
  resume(process: Process): void {
    if (process.state !== 'stopped') return;
    process.state = 'running';
    for (const task of process.held.splice(0)) {
      task.at = this.now;
      this.push(task);
    }
  }

  /** SIGKILL. */
  kill(process: Process): void {
    process.state = 'dead';
    process.held.length = 0;
    process.waiting = 0;
  }

  /** Lets `ms` pass. */
  async pass(ms: number): Promise<void> {
    const end = this.now + ms;
    while (this.heap.length > 0 && this.heap[0]!.at <= end) {
      const task = this.pop();
      if (task.isOver || task.process.state === 'dead') continue;
      if (task.process.state === 'stopped') {
        task.process.held.push(task);
        continue;
      }
      this.now = Math.max(this.now, task.at);
      this.turns++;
      task.isOver = true;
      task.process.waiting--;
      this.execute(task.process, task.call);
      await realTurn();
      this.current = this.outside;
    }
    this.now = end;
  }

  private execute(process: Process, call: () => void): void {
    this.current = process;
    try {
      call();
    } catch (error) {
      this.failed(process, error);
    }
  }

  private push(task: Task): void {
    const { heap } = this;
    let at = heap.push(task) - 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!isBefore(task, heap[parent]!)) break;
      heap[at] = heap[parent]!;
      at = parent;
    }
    heap[at] = task;
  }

  private pop(): Task {
    const { heap } = this;
    const first = heap[0]!;
    const last = heap.pop()!;
    if (heap.length === 0) return first;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && isBefore(heap[child + 1]!, heap[child]!)) child++;
      if (!isBefore(heap[child]!, last)) break;
      heap[at] = heap[child]!;
      at = child;
    }
    heap[at] = last;
    return first;
  }
}

function isBefore(a: Task, b: Task): boolean {
  return a.at < b.at || (a.at === b.at && a.order < b.order);
}
