import { createRequire } from 'node:module';

/**
 * Gives a simulation the timers, the clocks and the random bytes of everything that is loaded after this module. While
 * nobody has taken them over they are the real ones.
 *
 * To be imported first, and what is to be simulated after it, by a dynamic `import()`: modules keep what they import from
 * `node:timers/promises` and from `webcrypto` at the moment in which they are loaded.
 */
export interface Surroundings {
  /** Milliseconds; never goes back. */
  now(): number;
  /** Epoch milliseconds as the process has them whose code runs. */
  wallClock(): number;
  /** Calls after `ms`, or every `ms`. */
  timer(call: () => void, ms: number, repeats: boolean): { cancel(): void };
  /** 32 random bits. */
  random(): number;
}

type Call = (...args: unknown[]) => void;

let surroundings: Surroundings | undefined;

/** Until the returned call, time and chance are `taken`. */
export function takeOver(taken: Surroundings): () => void {
  if (surroundings) throw new Error('another simulation is running');
  surroundings = taken;
  return () => {
    surroundings = undefined;
  };
}

const native = {
  setTimeout: globalThis.setTimeout,
  setInterval: globalThis.setInterval,
  setImmediate: globalThis.setImmediate,
  clearTimeout: globalThis.clearTimeout,
  clearInterval: globalThis.clearInterval,
  clearImmediate: globalThis.clearImmediate,
  dateNow: Date.now,
  performance: globalThis.performance,
  random: Math.random,
};

/** One turn of the real event loop: all promises of now have run when it resolves. */
export const realTurn = (): Promise<void> => new Promise((resolve) => void native.setImmediate(resolve));

/** Real milliseconds, for figures of speed. */
export const realNow = (): number => native.performance.now();

/** What Node's timers are to their owners. */
class VirtualTimer {
  private handle: { cancel(): void } | undefined;

  constructor(
    source: Surroundings,
    private readonly call: () => void,
    private readonly ms: number,
    private readonly repeats: boolean,
  ) {
    this.start(source);
  }

  ref(): this {
    return this;
  }
  unref(): this {
    return this;
  }
  hasRef(): boolean {
    return true;
  }
  refresh(): this {
    this.close();
    if (surroundings) this.start(surroundings);
    return this;
  }
  close(): void {
    this.handle?.cancel();
  }

  private start(source: Surroundings): void {
    this.handle = source.timer(this.call, this.ms, this.repeats);
  }
}

const starter =
  (real: (call: Call, ms?: number, ...args: unknown[]) => unknown, repeats: boolean) =>
  (call: Call, ms?: number, ...args: unknown[]): unknown =>
    surroundings
      ? new VirtualTimer(surroundings, () => call(...args), Math.max(1, Number(ms) || 1), repeats)
      : real(call, ms, ...args);

const ender =
  (real: (timer: never) => void) =>
  (timer: unknown): void => {
    if (timer instanceof VirtualTimer) timer.close();
    else real(timer as never);
  };

const immediate = (call: Call, ...args: unknown[]): unknown =>
  surroundings
    ? new VirtualTimer(surroundings, () => call(...args), 0, false)
    : native.setImmediate(call as () => void, ...(args as []));

const performance = Object.create(native.performance, {
  now: { value: () => (surroundings ? surroundings.now() : native.performance.now()) },
}) as typeof native.performance;

Object.assign(globalThis, {
  setTimeout: starter(native.setTimeout as never, false),
  setInterval: starter(native.setInterval as never, true),
  setImmediate: immediate,
  clearTimeout: ender(native.clearTimeout as never),
  clearInterval: ender(native.clearInterval as never),
  clearImmediate: ender(native.clearImmediate as never),
  performance,
});
Date.now = () => (surroundings ? surroundings.wallClock() : native.dateNow());
Math.random = () => (surroundings ? surroundings.random() / 2 ** 32 : native.random());

const require = createRequire(import.meta.url);

const timers = require('node:timers/promises') as {
  setTimeout(ms?: number, value?: unknown, options?: object): Promise<unknown>;
  setImmediate(value?: unknown, options?: object): Promise<unknown>;
};
const nativePromises = { ...timers };
timers.setTimeout = (ms, value, options) =>
  surroundings
    ? new Promise((resolve) => globalThis.setTimeout(() => resolve(value), ms))
    : nativePromises.setTimeout(ms, value, options);
timers.setImmediate = (value, options) =>
  surroundings
    ? new Promise((resolve) => void globalThis.setImmediate(() => resolve(value)))
    : nativePromises.setImmediate(value, options);

const { webcrypto } = require('node:crypto') as typeof import('node:crypto');
const realBytes = webcrypto.getRandomValues.bind(webcrypto);
const randomBytes = <T extends ArrayBufferView>(array: T): T => {
  if (!surroundings) return realBytes(array as never) as T;
  const bytes = new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
  let word = 0;
  for (let i = 0; i < bytes.length; i++) {
    word = i % 4 === 0 ? surroundings.random() : word >>> 8;
    bytes[i] = word;
  }
  return array;
};
Object.defineProperty(webcrypto, 'getRandomValues', { configurable: true, writable: true, value: randomBytes });

/** Gives back what this process shares with other test files: to be called when the last simulation is over. */
export function giveBack(): void {
  Object.assign(timers, nativePromises);
  Reflect.deleteProperty(webcrypto, 'getRandomValues');
}
