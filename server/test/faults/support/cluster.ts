import { randomBytes } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { TandemApi } from '@tandem/protocol/client';
import type { Client } from 'pg';
import { type PrivatePostgres, startPrivatePostgres } from '../../../src/testing/private-postgres.js';
import { type PrivateRedis, startPrivateRedis } from '../../../src/testing/private-redis.js';
import { serverDatabase } from '../../../src/testing/server-database.js';
import { makeTempDir, removeTempDir } from '../../../src/testing/temp-dir.js';
import { ClusterNode } from './cluster-node.js';

export interface ClusterOptions {
  readonly nodes?: number;
  /** `own`: the only node starts its PostgreSQL itself. */
  readonly database?: 'shared' | 'own';
  /** Where the files of the shared one go. */
  readonly databaseDir?: string;
  /** The program of Redis; none when absent. */
  readonly redis?: string | undefined;
  /** Settings of all nodes. */
  readonly env?: Readonly<Record<string, string>>;
  /** Settings of one node on top. */
  readonly envOf?: (place: number) => Readonly<Record<string, string>>;
  /** The server to start; the built one when absent. */
  readonly main?: string | undefined;
}

export interface Person {
  readonly id: string;
  readonly email: string;
  readonly token: string;
  readonly api: TandemApi;
}

const PASSWORD = 'correct horse battery staple';
const PEOPLE = 4;
/** Snapshots are written all the time, so that some faults fall into their making. */
const ENV = { ACCESS_TOKEN_TTL: '86400', COMPACT_ROWS: '100', ANALYSIS: 'request', LOG_LEVEL: 'warn' };

/** Servers with a PostgreSQL, perhaps with a Redis, and people who share a project in it. */
export class Cluster {
  readonly nodes: ClusterNode[] = [];
  /** The first one owns the project; the others may edit. */
  readonly people: Person[] = [];
  projectId = '';
  private documents = 0;
  private registered = 0;

  private constructor(
    private readonly dir: string,
    private readonly options: ClusterOptions,
    private readonly sharedPostgres: PrivatePostgres | undefined,
    private readonly sharedRedis: PrivateRedis | undefined,
  ) {}

  static async start(options: ClusterOptions = {}): Promise<Cluster> {
    const { redis, database = 'shared', databaseDir: dir } = options;
    const [postgres, itsRedis] = await Promise.all([
      database === 'shared' ? startPrivatePostgres(dir === undefined ? {} : { dir }) : undefined,
      redis === undefined ? undefined : startPrivateRedis(redis),
    ]);
    const cluster = new Cluster(makeTempDir(), options, postgres, itsRedis);
    await cluster.populate().catch(async (error: unknown) => {
      await cluster.stop();
      throw error;
    });
    return cluster;
  }

  get postgres(): PrivatePostgres {
    return this.sharedPostgres!;
  }

  get redis(): PrivateRedis {
    return this.sharedRedis!;
  }

  get hasRedis(): boolean {
    return this.sharedRedis !== undefined;
  }

  get node(): ClusterNode {
    return this.nodes[0]!;
  }

  get startsItsDatabase(): boolean {
    return this.sharedPostgres === undefined;
  }

  /** The PostgreSQL as it runs now, whoever started it. Throws while it does not. */
  get database(): { readonly pid: number; connect(): Promise<Client> } {
    return this.sharedPostgres ?? serverDatabase(this.node.dataDir);
  }

  /** One session past all proxies, for `work`. */
  async sql<T>(work: (client: Client) => Promise<T>): Promise<T> {
    const client = await this.database.connect();
    try {
      return await work(client);
    } finally {
      await client.end();
    }
  }

  async addDocuments(count: number): Promise<string[]> {
    const ids: string[] = [];
    for (let i = 0; i < count; i++) ids.push(await this.addDocument());
    return ids;
  }

  async addDocument(text?: string): Promise<string> {
    const path = `faults/${++this.documents}.txt`;
    return (await this.people[0]!.api.createDocument(this.projectId, { path, ...(text && { text }) })).id;
  }

  /** What all processes wrote, for a test that fails. */
  get log(): string {
    const ofNodes = this.nodes.map((node, place) => `-- node ${place}\n${node.log}`);
    return [...ofNodes, '-- PostgreSQL', ...(this.sharedPostgres?.log ?? [])].join('\n');
  }

  /** Resolves to the exit codes of the servers. May be called again. */
  async stop(): Promise<(number | string)[]> {
    const codes = await Promise.all(this.nodes.map((node) => node.stop()));
    await Promise.all([this.sharedPostgres?.stop(), this.sharedRedis?.stop()]);
    removeTempDir(this.dir);
    return codes;
  }

  /** Somebody new who may edit the project. */
  async addMember(): Promise<Person> {
    const person = await this.register();
    await this.people[0]!.api.addMember(this.projectId, { email: person.email, role: 'editor' });
    return person;
  }

  private async populate(): Promise<void> {
    const { nodes = 1, env, envOf, main } = this.options;
    const secret = randomBytes(32).toString('base64url');
    const started = await Promise.allSettled(
      Array.from({ length: nodes }, (_, place) =>
        ClusterNode.start({
          dir: this.dirOf(place),
          env: { ...ENV, TANDEM_SECRET: secret, ...env, ...envOf?.(place) },
          databaseUrl: this.sharedPostgres?.url,
          redisUrl: this.sharedRedis?.url,
          main,
        }),
      ),
    );
    for (const one of started) if (one.status === 'fulfilled') this.nodes.push(one.value);
    for (const one of started) if (one.status === 'rejected') throw one.reason;
    const owner = await this.register();
    this.people.push(owner);
    this.projectId = (await owner.api.createProject({ name: 'Faults' })).id;
    while (this.people.length < PEOPLE) this.people.push(await this.addMember());
  }

  private async register(): Promise<Person> {
    const displayName = `Person ${++this.registered}`;
    const email = `person-${this.registered}@example.org`;
    const api = new TandemApi({ url: this.node.url, fetch: fetchOnce });
    const tokens = await api.register({ email, password: PASSWORD, displayName });
    if (!tokens) throw new Error('The server wants the address confirmed');
    return { id: tokens.user.id, email, token: tokens.accessToken, api };
  }

  private dirOf(place: number): string {
    const dir = join(this.dir, `node-${place}`);
    mkdirSync(dir, { recursive: true, mode: 0o711 });
    return dir;
  }
}

/** Over a connection of its own: one that is kept may end at the moment in which it is used again. */
function fetchOnce(input: string | URL | Request, init: RequestInit = {}): Promise<Response> {
  const headers = new Headers(init.headers);
  headers.set('Connection', 'close');
  return fetch(input, { ...init, headers });
}
