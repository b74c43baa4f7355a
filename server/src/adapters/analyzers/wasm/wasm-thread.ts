import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import type { Finding } from '../../../core/ai/analyzer.js';
import { GaveUp } from '../gave-up.js';
import { Turns } from '../turns.js';
import type { LintRequest, ThreadAnswer, ThreadTask, WasmLinterName } from './thread-task.js';

// A worker thread loads JavaScript: under a test's transform the built file stands beside the source's folder.
const SCRIPT = fileURLToPath(new URL('./wasm-worker.js', import.meta.url)).replace('/server/src/', '/server/dist/');

/** Compiling Biome takes half a second of a free processor. */
const LOAD_MS = 30_000;
/** A text with 20,000 findings takes a second or two, a common one a hundredth of that. */
const LINT_MS = 5000;
/** With both linters in it the thread keeps about 300 MB. */
const IDLE_MS = 300_000;

/**
 * One worker thread for the linters that are WebAssembly, one text after another. It is started when it is needed and
 * ended when nobody has needed it for some time. A text that it does not finish in time, or that makes it throw, ends it
 * too: after a stack overflow the memory of a module holds anything.
 */
export class WasmThread {
  private readonly turns = new Turns();
  private readonly loaded = new Set<WasmLinterName>();
  private worker: Worker | undefined;
  private idle: NodeJS.Timeout | undefined;
  private users = 0;
  /** Of the task under way. */
  private settle: ((answer: ThreadAnswer) => void) | undefined;
  private readonly times: { loadMs: number; lintMs: number; idleMs: number };

  constructor(times: { loadMs?: number; lintMs?: number; idleMs?: number } = {}) {
    this.times = { loadMs: LOAD_MS, lintMs: LINT_MS, idleMs: IDLE_MS, ...times };
  }

  /** Whether there is a thread now. */
  get isRunning(): boolean {
    return this.worker !== undefined;
  }

  /** One more who will release it. */
  share(): this {
    this.users++;
    return this;
  }

  /** Ends the thread, and what is under way, when nobody shares it any more. */
  async release(): Promise<void> {
    this.users--;
    if (this.users <= 0) await this.end();
  }

  lint(linter: WasmLinterName, request: LintRequest, signal: AbortSignal): Promise<Finding[]> {
    return this.turns.take(() => this.perform(linter, request), signal);
  }

  private async perform(linter: WasmLinterName, request: LintRequest): Promise<Finding[]> {
    if (this.users <= 0) throw new Error('the thread is closed');
    clearTimeout(this.idle);
    try {
      if (!this.loaded.has(linter)) await this.ask({ linter }, this.times.loadMs);
      this.loaded.add(linter);
      return await this.ask({ linter, request }, this.times.lintMs).catch((error: Error) => {
        throw new GaveUp(`${linter}: ${error.message}`, { cause: error });
      });
    } catch (error) {
      await this.end();
      throw error;
    } finally {
      this.idle = setTimeout(() => void this.end(), this.times.idleMs).unref();
    }
  }

  private ask(task: ThreadTask, timeoutMs: number): Promise<Finding[]> {
    this.worker ??= this.started();
    const { worker } = this;
    let timer: NodeJS.Timeout | undefined;
    return new Promise<Finding[]>((resolve, reject) => {
      this.settle = (answer) => ('findings' in answer ? resolve(answer.findings) : reject(new Error(answer.error)));
      timer = setTimeout(() => reject(new Error(`took longer than ${timeoutMs} ms`)), timeoutMs);
      worker.postMessage(task);
    }).finally(() => {
      clearTimeout(timer);
      this.settle = undefined;
    });
  }

  private started(): Worker {
    // It reads nothing of the process: the environment holds secrets.
    const worker = new Worker(SCRIPT, { env: {}, execArgv: [] });
    const mine = () => this.worker === worker;
    worker.on('message', (answer: ThreadAnswer) => mine() && this.settle?.(answer));
    worker.on('error', (error) => mine() && this.settle?.({ error: String(error) }));
    worker.on('exit', () => mine() && void this.end());
    return worker;
  }

  private async end(): Promise<void> {
    const { worker } = this;
    clearTimeout(this.idle);
    this.worker = undefined;
    this.loaded.clear();
    this.settle?.({ error: 'the thread has ended' });
    await worker?.terminate();
  }
}
