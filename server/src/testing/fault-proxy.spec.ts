import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { eventually } from './eventually.js';
import { FaultProxy } from './fault-proxy.js';

/** One end of a connection, and what it has been told. */
class End {
  received = 0;
  private readonly chunks: Buffer[] = [];
  hasEnded = false;
  error: string | undefined;

  constructor(readonly socket: Socket) {
    socket.on('data', (bytes: Buffer) => {
      this.received += bytes.length;
      this.chunks.push(bytes);
    });
    socket.on('end', () => {
      this.hasEnded = true;
    });
    socket.on('error', ({ code }: NodeJS.ErrnoException) => {
      this.error = code;
    });
  }

  get text(): string {
    return Buffer.concat(this.chunks).toString();
  }

  hears(text: string): Promise<void> {
    return eventually(`${text} is heard, not ${this.text}`, () => this.text === text, 2000);
  }
}

describe('FaultProxy', () => {
  let target: Server;
  let proxy: FaultProxy;
  const served: End[] = [];
  const clients: End[] = [];
  beforeEach(async () => {
    target = createServer({ allowHalfOpen: true }, (socket) => served.push(new End(socket)));
    target.listen(0, '127.0.0.1');
    await once(target, 'listening');
    proxy = await FaultProxy.listen(`tcp://127.0.0.1:${(target.address() as AddressInfo).port}`);
  });
  afterEach(async () => {
    await proxy.close();
    for (const { socket } of [...served.splice(0), ...clients.splice(0)]) socket.destroy();
    await new Promise((resolve) => target.close(resolve));
  });

  async function dial(): Promise<End> {
    const { port } = new URL(proxy.through('tcp://example:1'));
    const socket = connect({ port: Number(port), host: '127.0.0.1', allowHalfOpen: true });
    const client = new End(socket);
    clients.push(client);
    await eventually('it has connected, or not', () => !socket.connecting);
    return client;
  }

  /** A connection over which one word has gone in each direction. */
  async function pair(): Promise<{ client: End; server: End }> {
    const before = served.length;
    const client = await dial();
    client.socket.write('hello');
    await eventually('it is taken', () => served.length > before);
    const server = served.at(-1)!;
    await server.hears('hello');
    server.socket.write('welcome');
    await client.hears('welcome');
    return { client, server };
  }

  it('passes bytes and ends on, and counts', async () => {
    const { client, server } = await pair();
    const large = Buffer.alloc(3_000_000, 'x');
    client.socket.end(large);
    await eventually('all of it arrives', () => server.received === large.length + 5);
    await eventually('so does the end', () => server.hasEnded);
    expect([proxy.passed('up'), proxy.passed('down'), proxy.accepted]).toEqual([3_000_005, 7, 1]);
    server.socket.end('bye');
    await client.hears('welcomebye');
    await eventually('nothing is left', () => proxy.size === 0);
  });

  it('keeps the rest of a URL', () => {
    const through = proxy.through('postgresql://ada:secret@db.example:5432/tandem?x=1');
    expect(through).toMatch(/^postgresql:\/\/ada:secret@127\.0\.0\.1:\d+\/tandem\?x=1$/);
    expect(proxy.through('http://db.example')).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
  });

  it('delays in one direction, in order', async () => {
    const { client, server } = await pair();
    const heal = proxy.impair({ delayMs: 1000, direction: 'up' });
    const since = performance.now();
    client.socket.write('1');
    server.socket.write('!');
    await client.hears('welcome!');
    expect(server.text).toBe('hello');
    setTimeout(() => client.socket.write('2'), 100);
    await server.hears('hello1');
    expect(performance.now() - since).toBeGreaterThanOrEqual(999);
    await server.hears('hello12');
    expect(performance.now() - since).toBeGreaterThanOrEqual(1095);
    heal();
    proxy.impair({ delayMs: 1000, direction: 'down' });
    server.socket.write('?');
    client.socket.write('3');
    await server.hears('hello123');
    expect(client.text).toBe('welcome!');
    await client.hears('welcome!?');
  });

  it('throttles', async () => {
    const { client, server } = await pair();
    proxy.impair({ bytesPerSecond: 10_000 });
    const since = performance.now();
    client.socket.write(Buffer.alloc(15_000, 'x'));
    await eventually('some has arrived', () => server.received > 5);
    expect(server.received).toBeLessThan(15_000);
    await eventually('all has arrived', () => server.received === 15_005);
    expect(performance.now() - since).toBeGreaterThan(1_400);
  });

  it('holds, on connections of later too, so that who sends is not read, until it is healed', async () => {
    const { client, server } = await pair();
    const heal = proxy.blackhole();
    const later = await dial();
    later.socket.write('later');
    const sent = 16 * 1024 * 1024;
    server.socket.write(Buffer.alloc(sent, 'x'));
    client.socket.write('more');
    await eventually('the kernel takes no more', async () => {
      const before = server.socket.bytesWritten - server.socket.writableLength;
      await new Promise((resolve) => setTimeout(resolve, 50));
      return before === server.socket.bytesWritten - server.socket.writableLength;
    });
    expect(server.socket.writableLength).toBeGreaterThan(0);
    expect([server.text, client.text, client.error]).toEqual(['hello', 'welcome', undefined]);
    heal();
    await server.hears('hellomore');
    await eventually('all arrives', () => client.received === sent + 7);
    await eventually('that of the other too', () => served.at(-1)!.text === 'later');
  });

  it('knows connections by what was said first on them', async () => {
    const { client, server } = await pair();
    const before = served.length;
    proxy.blackhole(({ hello }) => hello.startsWith('bus'));
    const bus = await dial();
    bus.socket.write('bus');
    await eventually('it is taken', () => served.length > before);
    client.socket.write('!');
    await server.hears('hello!');
    expect(served.at(-1)!.text).toBe('');
    expect(proxy.reset(({ hello }) => hello.startsWith('bus'))).toBe(1);
    await eventually('it is reset', () => bus.error === 'ECONNRESET');
    expect(client.error).toBeUndefined();
  });

  it('ends one direction, and the other goes on', async () => {
    const { client, server } = await pair();
    expect(proxy.halfClose('up')).toBe(1);
    await eventually('the end is told', () => server.hasEnded);
    server.socket.write('!');
    await client.hears('welcome!');
    expect(client.hasEnded).toBe(false);
  });

  it('resets, and refuses those who come while it has no target', async () => {
    const { client, server } = await pair();
    proxy.aim(undefined);
    expect(proxy.reset()).toBe(1);
    await eventually('both are told', () => client.error === 'ECONNRESET' && server.error === 'ECONNRESET');
    const refused = await dial();
    refused.socket.write('hello');
    await eventually('it is refused', () => refused.error !== undefined);
    expect([proxy.accepted, served.length, proxy.size]).toEqual([1, 1, 0]);
  });

  it('cuts the first connection over which so many bytes have gone, to the byte', async () => {
    const [a, b] = [await pair(), await pair()];
    const cut = proxy.cutAfter(4, 'up');
    a.client.socket.write('123');
    await a.server.hears('hello123');
    b.client.socket.write('12345');
    expect(await cut).toBe(2);
    await eventually('it is reset', () => b.client.error === 'ECONNRESET' && b.server.error === 'ECONNRESET');
    expect(b.server.text.length).toBeLessThanOrEqual('hello1234'.length);
    a.client.socket.write('45678');
    await a.server.hears('hello12345678');
  });

  it('tells a client that the process behind it has died', async () => {
    const { client, server } = await pair();
    server.socket.write('last words');
    server.socket.resetAndDestroy();
    await eventually('it is told', () => client.hasEnded || client.error !== undefined);
    client.socket.destroy();
    await eventually('nothing is left', () => proxy.size === 0);
  });
});
