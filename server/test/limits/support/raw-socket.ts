import { once } from 'node:events';
import type { WireError } from '@tandem/protocol';
import WebSocket from 'ws';
import { eventually } from '../../../src/testing/eventually.js';

/** A websocket below Socket.IO: what is sent and heard are its packets. */
export class RawSocket {
  readonly heard: string[] = [];
  /** The code that the server closed with. */
  closed: number | undefined;

  private constructor(readonly websocket: WebSocket) {
    websocket.on('message', (data, isBinary) => {
      if (!isBinary) this.heard.push(data.toString());
    });
    websocket.on('close', (code) => {
      this.closed = code;
    });
    websocket.on('error', () => undefined);
  }

  static async open(url: string, headers: Record<string, string> = {}, query = ''): Promise<RawSocket> {
    const address = `${url.replace('http', 'ws')}/socket.io/?EIO=4&transport=websocket${query}`;
    const socket = new RawSocket(new WebSocket(address, { headers, perMessageDeflate: false }));
    await once(socket.websocket, 'open');
    return socket;
  }

  /** The status with which an upgrade is refused, and the answer's headers. */
  static async refusal(url: string, headers: Record<string, string> = {}, query = '') {
    const address = `${url.replace('http', 'ws')}/socket.io/?EIO=4&transport=websocket${query}`;
    const websocket = new WebSocket(address, { headers });
    websocket.on('error', () => undefined);
    return new Promise<{ status: number | undefined; retryAfter: string | undefined }>((resolve) => {
      websocket.on('unexpected-response', (_request, response) => {
        resolve({ status: response.statusCode, retryAfter: response.headers['retry-after'] });
        websocket.terminate();
      });
      websocket.on('open', () => {
        resolve({ status: 101, retryAfter: undefined });
        websocket.terminate();
      });
    });
  }

  send(packet: string | Buffer): void {
    this.websocket.send(packet);
  }

  /** One message in so many fragments. */
  sendFragments(packet: string, fragments: number): void {
    const size = Math.ceil(packet.length / fragments);
    for (let n = 0; n < fragments; n++) {
      const fin = n === fragments - 1;
      this.websocket.send(packet.slice(n * size, fin ? undefined : (n + 1) * size), { fin });
    }
  }

  async signIn(token: string): Promise<void> {
    this.send(`40${JSON.stringify({ token, protocol: 1 })}`);
    await this.hears('42["server:hello"');
  }

  async hears(start: string): Promise<string> {
    await eventually(`${start} comes, not ${this.heard.slice(-3)}`, () =>
      this.heard.some((packet) => packet.startsWith(start)),
    );
    return this.heard.find((packet) => packet.startsWith(start))!;
  }

  async ends(): Promise<number> {
    await eventually('the connection ends', () => this.closed !== undefined);
    return this.closed!;
  }

  /** Why the sign-in was refused. */
  get refusal(): WireError | undefined {
    const packet = this.heard.find((heard) => heard.startsWith('44'));
    return packet === undefined ? undefined : (JSON.parse(packet.slice(2)) as { data: WireError }).data;
  }

  /** Why the session was closed. */
  get reason(): { code: string; message: string; retryAfterMs?: number } | undefined {
    const packet = this.heard.find((heard) => heard.startsWith('42["session:closed"'));
    return packet === undefined
      ? undefined
      : (JSON.parse(packet.slice(2)) as [string, { code: string; message: string; retryAfterMs?: number }])[1];
  }

  terminate(): void {
    this.websocket.terminate();
  }
}
