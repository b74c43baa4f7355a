import { type DocumentProvider, MemoryOutbox, type OutboxStore, TandemClient } from '../src/client/index.js';
import { FakeServer, ManualClock } from '../src/testing/index.js';

export const DOCUMENT = '00000000-0000-4000-8000-00000000d0c1';
export const PROJECT = '00000000-0000-4000-8000-0000000000a1';

/** A fake server and the clients of a test; `dispose` ends them and fails on a timer that is left. */
export class Harness {
  readonly server = new FakeServer();
  readonly clock = new ManualClock();
  readonly clients: TandemClient[] = [];

  /** The document is shared by ann, bea and cem. */
  constructor() {
    for (const user of ['ann', 'bea', 'cem']) this.document.roles.set(user, 'editor');
  }

  get document() {
    return this.server.document(DOCUMENT);
  }

  client(userId: string, outbox: OutboxStore = new MemoryOutbox(), random: () => number = () => 0.5): TandemClient {
    const { dial } = this.server;
    const { clock } = this;
    const client = new TandemClient({ url: 'fake:', token: userId, userId, outbox, random, dial, clock });
    this.clients.push(client);
    return client;
  }

  /** Starts connecting; a test may end before it is done. */
  connect(client: TandemClient): void {
    client.connect().catch(() => {});
  }

  /** Connected, and the document open. */
  async opened(userId: string, outbox?: OutboxStore): Promise<{ client: TandemClient; provider: DocumentProvider }> {
    const client = this.client(userId, outbox);
    const connected = client.connect();
    await this.server.settle();
    await connected;
    const provider = client.openDocument(DOCUMENT);
    await this.server.settle();
    return { client, provider };
  }

  connectionOf(client: TandemClient) {
    const open = this.server.connections.filter((connection) => connection.open);
    return open[this.clients.indexOf(client)] ?? open[0]!;
  }

  /** Breaks every line, lets the backoff pass, and settles. */
  async reconnect(): Promise<void> {
    this.cutAll();
    this.clock.advance(3_000);
    await this.server.settle();
  }

  cutAll(): void {
    for (const connection of this.server.connections) connection.cut();
  }

  /** What clients asked the server for. */
  asked(event: string): Record<string, unknown>[] {
    const requests = this.server.requests.filter((request) => request.event === event);
    return requests.map(({ body }) => body as Record<string, unknown>);
  }

  async dispose(): Promise<void> {
    await Promise.all(this.clients.map((client) => client.close()));
    if (this.clock.waiting > 0) throw new Error(`${this.clock.waiting} timers are left`);
  }
}
