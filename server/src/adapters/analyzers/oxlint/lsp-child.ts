import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import { FrameReader, frame } from './lsp-framing.js';

// The child loads JavaScript: under a test's transform the built file stands beside the source's folder.
const GUARD = new URL('./end-with-parent.js', import.meta.url).href.replace('/server/src/', '/server/dist/');
const END_MS = 2000;

interface Message {
  readonly id?: number | string;
  readonly method?: string;
  readonly result?: unknown;
  readonly error?: { readonly message?: string };
}

interface Waiting {
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: Error) => void;
}

/** A language server as a child: it may die, hang or write what is no LSP, and then it is killed and answers no more. */
export class LspChild {
  private readonly child: ChildProcessWithoutNullStreams;
  private readonly reader = new FrameReader();
  private readonly waiting = new Map<number, Waiting>();
  private lastId = 0;
  private failure: Error | undefined;
  private readonly exited: Promise<unknown>;

  /** A program for Node. It gets none of the environment, which holds secrets. */
  constructor(script: string, args: readonly string[], cwd: string) {
    this.child = spawn(process.execPath, ['--import', GUARD, script, ...args], { cwd, env: {}, stdio: 'pipe' });
    this.exited = once(this.child, 'close').catch(() => undefined);
    this.child.stdout.on('data', (chunk: Buffer) => this.read(chunk));
    // It may quote the text.
    this.child.stderr.resume();
    this.child.stdin.on('error', (error) => this.fail(error));
    this.child.on('error', (error) => this.fail(error));
    this.child.on('exit', (code, signal) => this.fail(new Error(`ended with ${signal ?? code}`)));
  }

  get pid(): number | undefined {
    return this.child.pid;
  }

  get isAlive(): boolean {
    return this.failure === undefined;
  }

  /** Rejects, and kills the child, when there is no answer in time; rejects when it ends before. */
  request(method: string, params: object, timeoutMs: number): Promise<unknown> {
    const id = ++this.lastId;
    let timer: NodeJS.Timeout | undefined;
    return new Promise<unknown>((resolve, reject) => {
      if (this.failure !== undefined) return reject(this.failure);
      this.waiting.set(id, { resolve, reject });
      timer = setTimeout(() => this.fail(new TimedOut(`took longer than ${timeoutMs} ms`)), timeoutMs);
      this.write({ id, method, params });
    }).finally(() => {
      clearTimeout(timer);
      this.waiting.delete(id);
    });
  }

  notify(method: string, params: object): void {
    this.write({ method, params });
  }

  /** Lets it end by itself, and kills it when it does not. */
  async close(): Promise<void> {
    this.fail(new Error('closed'), false);
    this.child.stdin.end();
    const timer = setTimeout(() => this.child.kill('SIGKILL'), END_MS);
    await this.exited;
    clearTimeout(timer);
  }

  private write(message: object): void {
    if (this.isAlive) this.child.stdin.write(frame({ jsonrpc: '2.0', ...message }));
  }

  private read(chunk: Buffer): void {
    try {
      for (const message of this.reader.push(chunk)) if (this.isAlive) this.receive(message as Message);
    } catch (error) {
      this.fail(new Error('wrote what is no LSP', { cause: error }));
    }
  }

  private receive({ id, method, result, error }: Message): void {
    if (method !== undefined) {
      // It asks for settings, or to be told of files: it has all that there is.
      if (id !== undefined) this.write({ id, result: null });
      return;
    }
    const waiting = this.waiting.get(Number(id));
    if (error === undefined) waiting?.resolve(result);
    else waiting?.reject(new Error(error.message ?? 'refused'));
  }

  private fail(error: Error, kill = true): void {
    if (kill) this.child.kill('SIGKILL');
    if (this.failure !== undefined) return;
    this.failure = error;
    for (const { reject } of this.waiting.values()) reject(error);
  }
}

export class TimedOut extends Error {}
