/**
 * Values that views can watch. A read inside `computed` or `effect` is a dependency; effects run together in a
 * microtask, never inside the write: CodeMirror refuses a dispatch from within its own update.
 */
export interface Readable<T> {
  /** Reads and, inside an effect or a computed, depends on it. */
  readonly value: T;
  /** Reads without depending on it. */
  peek(): T;
}

interface Observer {
  readonly sources: Set<Source>;
  invalidate(): void;
}

let observer: Observer | undefined;
const queue = new Set<Effect>();

class Source {
  readonly #observers = new Set<Observer>();

  protected track(): void {
    if (!observer) return;
    this.#observers.add(observer);
    observer.sources.add(this);
  }

  protected notify(): void {
    for (const each of [...this.#observers]) each.invalidate();
  }

  forget(gone: Observer): void {
    this.#observers.delete(gone);
  }
}

export class Signal<T> extends Source implements Readable<T> {
  #value: T;

  constructor(value: T) {
    super();
    this.#value = value;
  }

  get value(): T {
    this.track();
    return this.#value;
  }

  set value(next: T) {
    if (Object.is(next, this.#value)) return;
    this.#value = next;
    this.notify();
  }

  peek(): T {
    return this.#value;
  }

  /** Sets what `change` makes of the present value. */
  update(change: (value: T) => T): void {
    this.value = change(this.#value);
  }
}

class Computed<T> extends Source implements Readable<T>, Observer {
  readonly sources = new Set<Source>();
  #dirty = true;
  #value: T | undefined;

  constructor(private readonly compute: () => T) {
    super();
  }

  get value(): T {
    this.track();
    return this.peek();
  }

  peek(): T {
    if (this.#dirty) {
      this.#value = observing(this, this.compute);
      this.#dirty = false;
    }
    return this.#value as T;
  }

  invalidate(): void {
    if (this.#dirty) return;
    this.#dirty = true;
    this.notify();
  }
}

class Effect implements Observer {
  readonly sources = new Set<Source>();

  constructor(private readonly body: () => void) {
    this.run();
  }

  run(): void {
    observing(this, this.body);
  }

  invalidate(): void {
    if (queue.size === 0) queueMicrotask(flush);
    queue.add(this);
  }

  stop(): void {
    queue.delete(this);
    for (const source of this.sources) source.forget(this);
    this.sources.clear();
  }
}

function observing<T>(reader: Observer, body: () => T): T {
  for (const source of reader.sources) source.forget(reader);
  reader.sources.clear();
  const outer = observer;
  observer = reader;
  try {
    return body();
  } finally {
    observer = outer;
  }
}

function flush(): void {
  for (const effect of queue) {
    queue.delete(effect);
    try {
      effect.run();
    } catch (error) {
      // One broken view does not stop the others.
      reportError(error);
    }
  }
}

export const signal = <T>(value: T): Signal<T> => new Signal(value);
export const computed = <T>(compute: () => T): Readable<T> => new Computed(compute);

/** Runs `body` now and again after anything it read has changed; returns how to stop. */
export function effect(body: () => void): () => void {
  const running = new Effect(body);
  return () => running.stop();
}

/** Runs `body` without making its reads dependencies of the caller. */
export function untracked<T>(body: () => T): T {
  const outer = observer;
  observer = undefined;
  try {
    return body();
  } finally {
    observer = outer;
  }
}
