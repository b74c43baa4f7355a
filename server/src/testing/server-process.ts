import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { eventually } from './eventually.js';
import { makeTempDir, removeTempDir } from './temp-dir.js';

export interface ServerProcessOptions {
  readonly env?: Readonly<Record<string, string>>;
  /** A folder of its own when absent, removed by `stop()`. */
  readonly dataDir?: string;
  /** Folder to start in; one without a `.env` file when absent. */
  readonly cwd?: string;
  /** The node that runs it; the one that runs the tests when absent. */
  readonly node?: string;
  /** The built server to start; this workspace's when absent. */
  readonly main?: string;
  /** Only root may start it as somebody else. */
  readonly user?: { readonly uid: number; readonly gid: number };
}

/** As `npm start` has it: the young generation would take 128 MB of its own accord, and is no faster for it. */
const START_FLAGS = ['--max-semi-space-size=8'];

/** The built server as a process of its own: what `npm start` runs. */
export class ServerProcess {
  readonly #child: ChildProcess;
  readonly #exited: Promise<number | string>;
  readonly #ownDir: string | undefined;
  readonly dataDir: string;
  #stdout = '';
  #stderr = '';
  #ended: number | string | undefined;

  constructor({ env, dataDir, cwd, node = process.execPath, main = MAIN, user }: ServerProcessOptions) {
    this.#ownDir = dataDir === undefined || cwd === undefined ? makeTempDir() : undefined;
    this.dataDir = dataDir ?? join(this.#ownDir ?? '', 'data');
    this.#child = spawn(node, [...START_FLAGS, main], {
      ...user,
      cwd: cwd ?? this.#ownDir,
      env: { ...BASE_ENV, TANDEM_DATA_DIR: this.dataDir, TANDEM_STATE_DIR: join(this.dataDir, '..', 'state'), ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      this.#stdout += text;
    });
    this.#child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#stderr += text;
    });
    // `close` and not `exit`: everything it wrote has been read.
    this.#exited = once(this.#child, 'close').then(([code, signal]) => {
      this.#ended = (code ?? signal) as number | string;
      return this.#ended;
    });
    running.add(this);
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** The address it listens on. */
  get url(): string {
    return /listening.*?(http:\/\/\S+)/.exec(this.#stdout)?.[1] ?? '';
  }

  /** The link it printed: into the demo project, if there is one. */
  get link(): string {
    return /Open (http\S+)/.exec(this.#stdout)?.[1] ?? '';
  }

  stdout(): string {
    return this.#stdout;
  }

  stderr(): string {
    return this.#stderr;
  }

  /** The exit code, or the name of the signal that ended it. */
  exited(): Promise<number | string> {
    return this.#exited;
  }

  async ready(timeoutMs = 30_000): Promise<void> {
    await eventually('the server is ready', () => this.link !== '' || this.#ended !== undefined, timeoutMs).catch(
      (error) => {
        throw new Error(`${error.message}\n${this.#stdout}${this.#stderr}`);
      },
    );
    if (this.link === '') throw new Error(`the server ended (${this.#ended}):\n${this.#stdout}${this.#stderr}`);
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** Resolves to the exit code. */
  async stop(signal: NodeJS.Signals = 'SIGINT'): Promise<number | string> {
    this.signal(signal);
    const code = await this.#exited;
    running.delete(this);
    if (this.#ownDir) removeTempDir(this.#ownDir);
    return code;
  }

  /** kill -9. Its files stay, to start again on them. */
  async kill9(): Promise<void> {
    this.signal('SIGKILL');
    await this.#exited;
    running.delete(this);
  }
}

/** Resolves when it is ready. */
export async function startServerProcess(options: ServerProcessOptions = {}): Promise<ServerProcess> {
  const server = new ServerProcess(options);
  await server.ready().catch(async (error) => {
    await server.stop('SIGKILL');
    throw error;
  });
  return server;
}

/** For `afterEach`: no server outlives a test that failed half-way. */
export async function stopAllServers(): Promise<void> {
  await Promise.all([...running].map((server) => server.stop()));
}

const running = new Set<ServerProcess>();
const MAIN = fileURLToPath(new URL('../../dist/main.js', import.meta.url));
const BASE_ENV = {
  PATH: process.env.PATH ?? '',
  HOME: process.env.HOME ?? '',
  NODE_ENV: 'test',
  // A quarter of what a start takes is compiling the same modules again.
  NODE_COMPILE_CACHE: fileURLToPath(new URL('../../../node_modules/.cache/node-compile', import.meta.url)),
  PORT: '0',
  LOG_LEVEL: 'warn',
};
