import { effect, type Readable, untracked } from './signal.js';

/** What belongs to one view or model and ends with it: effects, listeners, timers, children. */
export class Scope {
  readonly #cleanups = new Set<() => void>();
  #disposed = false;

  get disposed(): boolean {
    return this.#disposed;
  }

  /** Runs `cleanup` when the scope ends; at once if it has ended already. */
  add(cleanup: () => void): void {
    if (this.#disposed) cleanup();
    else this.#cleanups.add(cleanup);
  }

  effect(body: () => void): void {
    this.add(effect(body));
  }

  /** Calls `body` with the value now and whenever it is another one (by `Object.is`). */
  watch<T>(source: Readable<T>, body: (value: T) => void): void {
    let last: { value: T } | undefined;
    this.effect(() => {
      const value = source.value;
      if (last && Object.is(last.value, value)) return;
      last = { value };
      untracked(() => body(value));
    });
  }

  listen<E extends Event>(
    target: EventTarget,
    type: string,
    listener: (event: E) => void,
    options?: AddEventListenerOptions,
  ): void {
    target.addEventListener(type, listener as EventListener, options);
    this.add(() => target.removeEventListener(type, listener as EventListener, options));
  }

  /** A timer that ends with the scope; returns how to cancel it. */
  after(ms: number, body: () => void): () => void {
    const cancel = () => {
      clearTimeout(timer);
      this.#cleanups.delete(cancel);
    };
    const timer = setTimeout(() => {
      cancel();
      body();
    }, ms);
    this.add(cancel);
    return cancel;
  }

  child(): Scope {
    const child = new Scope();
    const end = () => child.dispose();
    this.#cleanups.add(end);
    child.add(() => this.#cleanups.delete(end));
    return child;
  }

  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    for (const cleanup of [...this.#cleanups].reverse()) cleanup();
    this.#cleanups.clear();
  }
}
