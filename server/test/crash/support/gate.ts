import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

/**
 * The way from the writers to the server, on one port over all restarts. While it is shut, nobody gets in: what was lost
 * can be told before writers who are still there bring it back.
 */
export class Gate {
  private target: { port: number; host: string } | undefined;
  private readonly sockets = new Set<Socket>();

  private constructor(private readonly server: Server) {
    server.on('connection', (client) => this.forward(client));
  }

  static async listen(): Promise<Gate> {
    const server = createServer();
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new Gate(server);
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  open(url: string): void {
    const { hostname: host, port } = new URL(url);
    this.target = { host, port: Number(port) };
  }

  /** Lets nobody in any more; those who are in stay until their server ends. */
  shut(): void {
    this.target = undefined;
  }

  async close(): Promise<void> {
    this.shut();
    if (!this.server.listening) return;
    const closed = once(this.server, 'close');
    this.server.close();
    for (const socket of this.sockets) socket.destroy();
    await closed;
  }

  private forward(client: Socket): void {
    if (!this.target) {
      client.destroy();
      return;
    }
    const server = connect(this.target);
    for (const [from, to] of [
      [client, server],
      [server, client],
    ] as const) {
      this.sockets.add(from);
      from.setNoDelay();
      // What one side said last still reaches the other.
      from.on('data', (bytes) => to.writable && to.write(bytes));
      from.on('error', () => to.end());
      from.on('close', () => {
        this.sockets.delete(from);
        to.end();
      });
      from.on('end', () => to.end());
    }
  }
}
