import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { FaultStream, type StreamFault } from './fault-proxy-stream.js';

/** `up`: from the one who connected; `down`: to it. */
export type Direction = 'up' | 'down';

/** One connection through the proxy, as a fault chooses among them. */
export interface FaultLink {
  /** What was said first on it, byte for byte: PostgreSQL's startup packet names the application. Empty until then. */
  readonly hello: string;
}

export type Chooses = (link: FaultLink) => boolean;

export interface Fault extends StreamFault {
  /** Both when absent. */
  readonly direction?: Direction;
}

class Link implements FaultLink {
  hello = '';
  readonly up: FaultStream;
  readonly down: FaultStream;

  constructor(
    private readonly client: Socket,
    private readonly server: Socket,
    faults: (link: FaultLink, direction: Direction) => StreamFault,
  ) {
    this.up = new FaultStream(
      client,
      server,
      () => faults(this, 'up'),
      (bytes) => {
        this.hello = bytes.toString('latin1');
      },
    );
    this.down = new FaultStream(server, client, () => faults(this, 'down'));
    for (const socket of [client, server]) socket.setNoDelay();
  }

  /** RST to both sides. */
  reset(): void {
    this.client.resetAndDestroy();
    this.server.resetAndDestroy();
  }

  refresh(): void {
    this.up.refresh();
    this.down.refresh();
  }
}

const ALL: Chooses = () => true;
const NO_FAULT: StreamFault = {};

/** A TCP proxy between two processes of a test, on one port for its whole life, that does to connections what networks do. */
export class FaultProxy {
  /** Connections that were taken; those that were refused are not counted. */
  accepted = 0;
  private target: { host: string; port: number } | undefined;
  private readonly links = new Set<Link>();
  private readonly faults = new Set<{ readonly fault: Fault; readonly chooses: Chooses }>();
  private readonly traps = new Set<(link: Link) => void>();

  private constructor(private readonly server: Server) {
    server.on('connection', (client) => this.forward(client));
  }

  /** `url`: see `aim`. */
  static async listen(url?: string): Promise<FaultProxy> {
    const server = createServer({ allowHalfOpen: true });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const proxy = new FaultProxy(server);
    proxy.aim(url);
    return proxy;
  }

  /** The same URL, by way of the proxy. */
  through(url: string): string {
    const { port } = this.server.address() as AddressInfo;
    const { href } = Object.assign(new URL(url), { host: `127.0.0.1:${port}` });
    return url.endsWith('/') ? href : href.replace(/\/$/, '');
  }

  /** Where the next connections go; without a URL they are reset. Those that are there stay. */
  aim(url: string | undefined): void {
    if (url === undefined) this.target = undefined;
    else {
      const { hostname: host, port } = new URL(url);
      this.target = { host, port: Number(port) };
    }
  }

  /** Open connections. */
  get size(): number {
    return this.links.size;
  }

  /** Bytes that went through so far, on connections that are still open. */
  passed(direction: Direction): number {
    return [...this.links].reduce((sum, link) => sum + link[direction].passed, 0);
  }

  /** For all chosen connections, also later ones, until the returned function is called. */
  impair(fault: Fault, chooses: Chooses = ALL): () => void {
    const entry = { fault, chooses };
    this.faults.add(entry);
    this.refresh();
    return () => {
      this.faults.delete(entry);
      this.refresh();
    };
  }

  /** Nothing passes in either direction, and nobody is told. */
  blackhole(chooses?: Chooses): () => void {
    return this.impair({ holds: true }, chooses);
  }

  /** RST on all chosen connections; returns how many there were. */
  reset(chooses: Chooses = ALL): number {
    const links = this.chosen(chooses);
    for (const link of links) link.reset();
    return links.length;
  }

  /** FIN in one direction; the other goes on. */
  halfClose(direction: Direction, chooses: Chooses = ALL): number {
    const links = this.chosen(chooses);
    for (const link of links) link[direction].end();
    return links.length;
  }

  /**
   * RST on the first chosen connection over which so many more bytes have gone, with the next byte unsent. Resolves to the
   * number of connections that were watched. Later connections count from their beginning.
   */
  cutAfter(bytes: number, direction: Direction, chooses: Chooses = ALL): Promise<number> {
    return new Promise((resolve) => {
      let watched = 0;
      const set = (link: Link) => {
        watched++;
        link[direction].setTrap(bytes, () => {
          if (!this.traps.delete(set)) return;
          link.reset();
          resolve(watched);
        });
      };
      this.traps.add(set);
      for (const link of this.chosen(chooses)) set(link);
    });
  }

  async close(): Promise<void> {
    if (!this.server.listening) return;
    this.aim(undefined);
    const closed = once(this.server, 'close');
    this.server.close();
    this.reset();
    await closed;
  }

  private chosen(chooses: Chooses): Link[] {
    return [...this.links].filter(chooses);
  }

  private refresh(): void {
    for (const link of this.links) link.refresh();
  }

  private forward(client: Socket): void {
    client.on('error', ignore);
    if (!this.target) {
      client.resetAndDestroy();
      return;
    }
    this.accepted++;
    const server = connect({ ...this.target, allowHalfOpen: true }).on('error', ignore);
    const link = new Link(client, server, (one, direction) => this.faultOf(one, direction));
    this.links.add(link);
    const gone = () => {
      if (client.destroyed && server.destroyed) this.links.delete(link);
    };
    client.on('close', gone);
    server.on('close', gone);
    for (const set of this.traps) set(link);
  }

  private faultOf(link: FaultLink, direction: Direction): StreamFault {
    if (this.faults.size === 0) return NO_FAULT;
    let all: StreamFault = {};
    for (const { fault, chooses } of this.faults) {
      if ((fault.direction ?? direction) === direction && chooses(link)) all = { ...all, ...fault };
    }
    return all;
  }
}

function ignore(): void {}
