import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Server, type Socket } from 'socket.io';
import * as Y from 'yjs';

export const LIES = {
  none: 'an honest server',
  stuck: 'acknowledges every edit with the same seq',
  deaf: 'acknowledges edits and shows them to nobody',
  lossy: 'acknowledges edits and shows only some of them',
  forgetful: 'acknowledges and shows edits, and holds only some of them',
} as const;
export type Lie = keyof typeof LIES;

/** Every this manyth edit meets the lie of the servers that lose some. */
const EVERY = 7;

/** Enough of Tandem's interface for the load test, kept in memory, with one broken promise. */
export class LyingServer {
  readonly #lie: Lie;
  readonly #http = createServer((request, response) => this.#rest(request, response));
  readonly #io = new Server(this.#http, { transports: ['websocket'] });
  readonly #documents = new Map<string, { doc: Y.Doc; seq: number; held: number }>();

  private constructor(lie: Lie) {
    this.#lie = lie;
    this.#io.on('connection', (socket) => this.#serve(socket));
  }

  static async start(lie: Lie): Promise<LyingServer> {
    const server = new LyingServer(lie);
    await new Promise<void>((resolve) => server.#http.listen(0, '127.0.0.1', resolve));
    return server;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#http.address() as AddressInfo).port}`;
  }

  stop(): Promise<void> {
    return this.#io.close();
  }

  #serve(socket: Socket): void {
    socket.on('document:open', async ({ documentId }, answer) => {
      const { doc, seq } = this.#document(documentId);
      await socket.join(documentId);
      answer({ ok: true, update: Buffer.from(Y.encodeStateAsUpdate(doc)), seq, epoch: 1 });
    });
    socket.on('document:update', ({ documentId, update }, answer) => {
      const document = this.#document(documentId);
      Y.applyUpdate(document.doc, new Uint8Array(update));
      document.seq += 1;
      const { seq } = document;
      const unlucky = seq % EVERY === 0;
      if (!(this.#lie === 'forgetful' && unlucky)) document.held += 1;
      answer({ ok: true, seq: this.#lie === 'stuck' ? 1 : seq });
      if (this.#lie === 'deaf' || (this.#lie === 'lossy' && unlucky)) return;
      socket.to(documentId).emit('document:update', { documentId, update, fromSeq: seq, seq, epoch: 1 });
    });
  }

  #rest({ method, url = '' }: IncomingMessage, response: ServerResponse): void {
    const [, id = '', text] = /^\/api\/v1\/documents\/([^/]+)(\/text)?$/.exec(url) ?? [];
    if (method !== 'GET') response.end(JSON.stringify({ id: randomUUID(), accessToken: 'anybody' }));
    else if (text) response.end('x'.repeat(this.#document(id).held));
    else response.end(JSON.stringify({ seq: this.#document(id).held }));
  }

  #document(id: string) {
    const document = this.#documents.get(id) ?? { doc: new Y.Doc(), seq: 0, held: 0 };
    this.#documents.set(id, document);
    return document;
  }
}
