import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { Server, type Socket } from 'socket.io';
import * as Y from 'yjs';
import { decodeCursors, encodeCursor } from '../artillery/src/cursors.ts';
import type { Subject } from '../src/subject.ts';
import type { Lie } from './lies.ts';

/** Every this manyth edit meets the lie of the servers that lose some. */
const EVERY = 7;
/** Beyond every budget but the storm's. */
const LATE_MS = 1500;
/** Beyond the storm's. */
const MUCH_LATER_MS = 6000;
const DOWN_MS = 500;

type Answer = (body: object) => void;

interface Held {
  readonly doc: Y.Doc;
  seq: number;
  lost: number;
}

/** Enough of Tandem's interface for the load tests, kept in memory, with one broken promise or none. */
export class LyingServer implements Subject {
  readonly #lie: Lie;
  readonly #documents = new Map<string, Held>();
  #io = this.#make();
  #port = 0;
  #hasCrashed = false;

  private constructor(lie: Lie) {
    this.#lie = lie;
  }

  static async start(lie: Lie): Promise<LyingServer> {
    const server = new LyingServer(lie);
    await server.#listen();
    return server;
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  readonly crash = async (): Promise<number> => {
    await this.#io.close();
    await delay(DOWN_MS);
    this.#hasCrashed = true;
    if (this.#lie === 'amnesiac') this.#documents.clear();
    this.#io = this.#make();
    await this.#listen();
    return Date.now();
  };

  stop(): Promise<void> {
    return this.#io.close();
  }

  #make(): Server {
    const http = createServer((request, response) => this.#rest(request, response));
    const io = new Server(http, { transports: ['websocket'] });
    io.on('connection', (socket) => this.#serve(socket));
    return io;
  }

  async #listen(): Promise<void> {
    const { httpServer } = this.#io;
    await new Promise<void>((resolve) => httpServer.listen(this.#port, '127.0.0.1', resolve));
    this.#port = (httpServer.address() as AddressInfo).port;
  }

  /** Resolves at once, or late where that is the lie. */
  async #unless(lie: Lie, ms = LATE_MS): Promise<void> {
    if (this.#lie === lie) await delay(ms);
  }

  #serve(socket: Socket): void {
    if (this.#lie !== 'mute') void this.#unless('slowHello').then(() => socket.emit('server:hello', {}));
    if (this.#lie === 'thrower') void delay(LATE_MS).then(() => socket.disconnect(true));
    this.#serveDocuments(socket);
    this.#serveCursors(socket);
    this.#serveCompletions(socket);
  }

  #serveDocuments(socket: Socket): void {
    socket.on('document:open', async ({ documentId }, answer: Answer) => {
      await this.#unless('slowOpen');
      if (this.#hasCrashed) await this.#unless('slowReturn', MUCH_LATER_MS);
      const { doc, seq } = this.#document(documentId);
      await socket.join(documentId);
      const state = this.#lie === 'short' ? halfOf(doc) : doc;
      answer({ ok: true, update: Buffer.from(Y.encodeStateAsUpdate(state)), seq, epoch: 1 });
    });
    socket.on('document:close', async ({ documentId }, answer: Answer) => {
      await socket.leave(documentId);
      answer({ ok: true });
    });
    socket.on('document:update', async ({ documentId, update }, answer: Answer) => {
      if (!socket.rooms.has(documentId)) {
        answer({ ok: false, error: { code: 'not_open', retry: 'resync' } });
        return;
      }
      const document = this.#document(documentId);
      Y.applyUpdate(document.doc, new Uint8Array(update));
      document.seq += 1;
      const { seq } = document;
      const isUnlucky = seq % EVERY === 0;
      if (this.#lie === 'forgetful' && isUnlucky) document.lost += 1;
      void this.#unless('slowStore').then(() => answer({ ok: true, seq: this.#lie === 'stuck' ? 1 : seq }));
      if (this.#lie === 'deaf' || (this.#lie === 'lossy' && isUnlucky)) return;
      await this.#unless('slowShow');
      socket.to(documentId).emit('document:update', { documentId, update, fromSeq: seq, seq, epoch: 1 });
      if (this.#lie === 'closer' && isUnlucky) this.#close(documentId, seq);
    });
  }

  /** For one of those who have it open. */
  #close(documentId: string, seq: number): void {
    const { adapter, sockets } = this.#io.sockets;
    const open = [...(adapter.rooms.get(documentId) ?? [])];
    const unlucky = sockets.get(open[seq % open.length] ?? '');
    void unlucky?.leave(documentId);
    unlucky?.emit('document:status', { documentId, state: 'closed', reopen: true });
  }

  #serveCursors(socket: Socket): void {
    const shown = new Map<string, { client: number; clock: number }>();
    socket.on('awareness:update', async ({ documentId, update }) => {
      const [cursor] = decodeCursors(new Uint8Array(update));
      if (cursor) shown.set(documentId, cursor);
      if (this.#lie === 'hidden') return;
      await this.#unless('slowCursors');
      socket.to(documentId).emit('awareness:update', { documentId, update });
    });
    socket.on('disconnect', async () => {
      if (this.#lie === 'ghosts') return;
      await this.#unless('slowGhosts');
      for (const [documentId, { client, clock }] of shown) {
        const update = Buffer.from(encodeCursor(client, clock + 1, null));
        this.#io.to(documentId).emit('awareness:update', { documentId, update });
      }
    });
  }

  #serveCompletions(socket: Socket): void {
    socket.on('completion:resolve', (_, answer: Answer) => answer({ ok: true }));
    socket.on('completion:start', async ({ documentId }, answer: Answer) => {
      const completionId = randomUUID();
      answer({ ok: true, completionId });
      await this.#unless('slowAnswer');
      const words = this.#lie === 'wordless' ? [] : ['one', ' two', ' three'];
      const indexes = this.#lie === 'scrambled' ? [0, 2, 1] : [0, 1, 2];
      for (const index of indexes) {
        const text = words[index];
        if (text)
          socket.emit('completion:delta', { completionId, documentId, attempt: 1, index, alternative: 0, text });
      }
      const done = { completionId, documentId, outcome: 'complete', text: words.join('') };
      if (this.#lie !== 'endless') socket.emit('completion:done', done);
      if (this.#lie === 'twice') socket.emit('completion:done', done);
    });
  }

  #rest({ method, url = '' }: IncomingMessage, response: ServerResponse): void {
    const [, id = '', text] = /^\/api\/v1\/documents\/([^/]+)(\/text)?$/.exec(url) ?? [];
    if (method !== 'GET') {
      response.end(JSON.stringify({ id: randomUUID(), accessToken: 'anybody' }));
      return;
    }
    const { doc, seq, lost } = this.#document(id);
    if (text) response.end('x'.repeat(doc.getText('content').length - lost));
    else response.end(JSON.stringify({ seq: seq - lost }));
  }

  #document(id: string): Held {
    const document = this.#documents.get(id) ?? { doc: new Y.Doc(), seq: 0, lost: 0 };
    this.#documents.set(id, document);
    return document;
  }
}

function halfOf(doc: Y.Doc): Y.Doc {
  const half = new Y.Doc();
  Y.applyUpdate(half, Y.encodeStateAsUpdate(doc));
  const text = half.getText('content');
  text.delete(0, Math.floor(text.length / 2));
  return half;
}
