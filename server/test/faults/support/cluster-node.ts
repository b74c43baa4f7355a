import { join } from 'node:path';
import { FaultProxy } from '../../../src/testing/fault-proxy.js';
import { type ServerProcess, startServerProcess } from '../../../src/testing/server-process.js';

export interface NodeOptions {
  /** The folder that it is started in and keeps its files in. */
  readonly dir: string;
  readonly env: Readonly<Record<string, string>>;
  /** The PostgreSQL and the Redis to use; without the first it starts its own. */
  readonly databaseUrl?: string | undefined;
  readonly redisUrl?: string | undefined;
  /** The server to start; the built one when absent. */
  readonly main?: string | undefined;
}

/** One server process, with a proxy on each of its ways: from its editors, to PostgreSQL, to Redis. */
export class ClusterNode {
  private current: ServerProcess | undefined;

  private constructor(
    private readonly options: NodeOptions,
    /** Between the editors and the server; the same address over all restarts. */
    readonly door: FaultProxy,
    readonly toPostgres: FaultProxy,
    readonly toRedis: FaultProxy,
  ) {}

  /** Resolves when it is ready and its door open. */
  static async start(options: NodeOptions): Promise<ClusterNode> {
    const { databaseUrl, redisUrl } = options;
    const proxies = [undefined, databaseUrl, redisUrl].map((url) => FaultProxy.listen(url));
    const [door, toPostgres, toRedis] = (await Promise.all(proxies)) as [FaultProxy, FaultProxy, FaultProxy];
    const node = new ClusterNode(options, door, toPostgres, toRedis);
    await node.start();
    return node;
  }

  get server(): ServerProcess {
    return this.current!;
  }

  get dataDir(): string {
    return join(this.options.dir, 'data');
  }

  /** Where editors connect. */
  get url(): string {
    return this.door.through('http://tandem');
  }

  /** What it wrote, for a test that fails. */
  get log(): string {
    return this.server.stdout() + this.server.stderr();
  }

  /** Another process on the same files. Resolves when it is ready, and the door open unless that is left to `open`. */
  async start({ doorOpens = true }: { doorOpens?: boolean } = {}): Promise<void> {
    const { dir, env, databaseUrl, redisUrl, main } = this.options;
    this.current = await startServerProcess({
      dataDir: this.dataDir,
      cwd: dir,
      env: {
        ...env,
        ...(databaseUrl && { DATABASE_URL: this.toPostgres.through(databaseUrl) }),
        ...(redisUrl && { REDIS_URL: this.toRedis.through(redisUrl) }),
      },
      ...(main && { main }),
    });
    if (doorOpens) this.open();
  }

  /** Lets editors in. */
  open(): void {
    this.door.aim(this.server.url);
  }

  /** kill -9, in this turn; who comes now is refused. */
  kill(): void {
    this.door.aim(undefined);
    this.server.signal('SIGKILL');
  }

  /** The whole process, as when its machine is suspended. */
  freeze(): void {
    this.server.signal('SIGSTOP');
  }

  thaw(): void {
    this.server.signal('SIGCONT');
  }

  /** A figure of /metrics; the sum over its labels. */
  async metric(name: string): Promise<number> {
    const text = await (await fetch(`${this.server.url}/metrics`)).text();
    const lines = text.split('\n').filter((line) => line.startsWith(`${name} `) || line.startsWith(`${name}{`));
    if (lines.length === 0) throw new Error(`there is no ${name}`);
    return lines.reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' '))), 0);
  }

  /** Resolves to the exit code. May be called again, and on one that was killed. */
  async stop(): Promise<number | string> {
    this.thaw();
    await this.door.close();
    const code = await this.server.stop();
    await Promise.all([this.toPostgres.close(), this.toRedis.close()]);
    return code;
  }
}
