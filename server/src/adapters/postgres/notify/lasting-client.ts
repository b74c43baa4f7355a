import { once } from 'node:events';
import { Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { Client, type Notification, type QueryConfig, type QueryResult } from 'pg';

const CONNECT_TIMEOUT_MS = 2000;
/** With QUERY_TIMEOUT_MS, a server that is silent is given up after four seconds at most. */
const HEARTBEAT_MS = 2000;
const QUERY_TIMEOUT_MS = 2000;
const FIRST_RETRY_MS = 50;
const MAX_RETRY_MS = 1000;

export interface LastingClientOptions {
  readonly url: string;
  /** How PostgreSQL shows the session. */
  readonly name: string;
  /** On every new connection; when it rejects, another one is made. */
  readonly onOpen: (client: Client) => Promise<void> | void;
  readonly onNotification?: (notification: Notification) => void;
  /** Asked every other second, so that a connection that is dead is noticed. Default: whether it answers at all. */
  readonly onBeat?: (client: Client) => Promise<void>;
  /** Gets the first error of each outage. */
  readonly report: (error: unknown) => void;
}

/** One connection to PostgreSQL that is made again when it breaks, and asked every other second whether it still answers. */
export class LastingClient {
  private client: Client | undefined;
  private socket: Socket | undefined;
  private readonly closing = new AbortController();
  private readonly running: Promise<void>;
  private isReported = false;

  constructor(private readonly options: LastingClientOptions) {
    this.running = this.run();
  }

  get isOpen(): boolean {
    return this.client !== undefined;
  }

  /** Rejects at once when the connection is away, and with an unknown outcome when it breaks meanwhile. */
  async query(query: QueryConfig | string): Promise<QueryResult> {
    if (!this.client) throw new Error('PostgreSQL is away');
    return this.client.query(query);
  }

  async close(): Promise<void> {
    this.closing.abort();
    // Nobody waits for a connection that is only being made.
    if (!this.client) this.socket?.destroy();
    await this.running;
  }

  private async run(): Promise<void> {
    for (let retryMs = FIRST_RETRY_MS; !this.closing.signal.aborted; retryMs = Math.min(2 * retryMs, MAX_RETRY_MS)) {
      try {
        await this.connection(() => {
          retryMs = FIRST_RETRY_MS / 2;
        });
      } catch (error) {
        if (!this.isReported && !this.closing.signal.aborted) this.options.report(error);
        this.isReported = true;
      }
      await this.pause(retryMs);
    }
  }

  /** Resolves when it is closed on purpose; rejects with what broke it. */
  private async connection(opened: () => void): Promise<void> {
    const socket = new Socket();
    this.socket = socket;
    const client = new Client({
      connectionString: this.options.url,
      application_name: this.options.name,
      stream: () => socket,
      keepAlive: true,
      connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
      query_timeout: QUERY_TIMEOUT_MS,
    });
    const broken = new Promise<never>((_resolve, reject) => client.on('error', reject));
    broken.catch(ignore);
    if (this.options.onNotification) client.on('notification', this.options.onNotification);
    try {
      await client.connect();
      this.client = client;
      await this.options.onOpen(client);
      this.isReported = false;
      opened();
      await Promise.race([broken, this.beat(client)]);
      client.end().catch(ignore);
      socket.destroySoon();
    } catch (error) {
      // Not by `end`, which waits for an answer: this connection may be one that gives none.
      socket.destroy();
      throw error;
    } finally {
      this.client = undefined;
      if (!socket.closed) await once(socket, 'close').catch(ignore);
    }
  }

  /** Until it is closed; rejects when an answer is late. */
  private async beat(client: Client): Promise<void> {
    while (!this.closing.signal.aborted) {
      if (this.options.onBeat) await this.options.onBeat(client);
      else await client.query('SELECT 1');
      await this.pause(HEARTBEAT_MS);
    }
  }

  private async pause(ms: number): Promise<void> {
    await delay(ms, undefined, { signal: this.closing.signal, ref: false }).catch(ignore);
  }
}

function ignore(): void {}
