import { setTimeout as delay } from 'node:timers/promises';
import { io, type Socket } from 'socket.io-client';
import * as Y from 'yjs';
import type { RealClient } from './real-client.ts';

interface Answer {
  readonly ok: boolean;
  readonly update?: ArrayBuffer;
  readonly pieces?: number;
  readonly stateVector?: ArrayBuffer;
  readonly error?: { readonly code: string; readonly retry: string };
}

/** DOC-47. */
const REOPEN_WITHIN_MS = 1000;
/** What was on its way when the server closed the document: it goes out when it is open again. */
const GIVEN_BACK = ['not_open', 'store_unavailable'];

class Refused extends Error {
  readonly code: string;
  readonly retry: string;

  constructor(event: string, { code, retry }: { readonly code: string; readonly retry: string }) {
    super(`${event}: ${code}`);
    this.code = code;
    this.retry = retry;
  }
}

/** A plain socket.io-client: the least that a client of Tandem must do. */
export async function joinStock(url: string, token: string, documentId: string, clientId: number): Promise<RealClient> {
  const socket = io(url, { transports: ['websocket'], forceNew: true, auth: { token, protocol: 1 } });
  await new Promise<void>((resolve, reject) => {
    socket.once('connect', resolve);
    socket.once('connect_error', reject);
  });
  const client = new StockTandem(socket, documentId, clientId);
  await client.open();
  return client;
}

class StockTandem implements RealClient {
  readonly #doc = new Y.Doc();
  readonly #socket: Socket;
  readonly #documentId: string;
  #pieces: Uint8Array[] = [];
  #isOpen = false;
  /** By the server, since it was last asked to open it. */
  #isClosed = false;

  constructor(socket: Socket, documentId: string, clientId: number) {
    this.#socket = socket;
    this.#documentId = documentId;
    this.#doc.clientID = clientId;
    const take = ({ update }: { update: ArrayBuffer }) => this.#apply(new Uint8Array(update));
    socket.on('document:update', take);
    socket.on('document:resync', take);
    socket.on('document:piece', ({ bytes }: { bytes: ArrayBuffer }) => this.#pieces.push(new Uint8Array(bytes)));
    socket.on('document:status', ({ reopen }: { reopen?: true }) => reopen && this.#closed());
  }

  /** Resolves when it has what the server holds. */
  async open(): Promise<void> {
    await this.#open();
    this.#doc.on('update', (update: Uint8Array, origin: unknown) => {
      if (origin !== this.#socket && this.#isOpen) this.#send({ update });
    });
    this.#isOpen = true;
    if (this.#isClosed) this.#closed();
  }

  text(): string {
    return this.#doc.getText('content').toString();
  }

  insert(index: number, text: string): void {
    this.#doc.getText('content').insert(index, text);
  }

  close(): void {
    this.#socket.disconnect();
  }

  #apply(update: Uint8Array): void {
    Y.applyUpdate(this.#doc, update, this.#socket);
  }

  async #ask(event: string, body: object): Promise<Answer> {
    const request = { documentId: this.#documentId, ...body };
    const answer: Answer = await this.#socket.timeout(10_000).emitWithAck(event, request);
    if (!answer.ok) throw new Refused(event, answer.error!);
    return answer;
  }

  /** Resolves to the state vector of what the server has. */
  async #open(): Promise<Uint8Array> {
    this.#isClosed = false;
    this.#pieces = [];
    const request = { clientId: this.#doc.clientID, stateVector: Y.encodeStateVector(this.#doc) };
    const { update, pieces = 0, stateVector } = await this.#ask('document:open', request);
    while (this.#pieces.length < pieces) await new Promise((resolve) => this.#socket.once('document:piece', resolve));
    this.#apply(update ? new Uint8Array(update) : Buffer.concat(this.#pieces));
    return new Uint8Array(stateVector!);
  }

  #send(body: { update: Uint8Array; resync?: true }): void {
    this.#ask('document:update', body).catch((error: Error) => {
      if (error instanceof Refused && GIVEN_BACK.includes(error.code)) this.#closed();
      else if (this.#socket.connected) throw error;
    });
  }

  #closed(): void {
    this.#isClosed = true;
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.#openAgain().catch((error: Error) => {
      if (this.#socket.connected) throw error;
    });
  }

  /** DOC-47. Nobody else has what the server lacks then: others are shown nothing before it is stored. */
  async #openAgain(): Promise<void> {
    let theirs: Uint8Array | undefined;
    while (this.#isClosed) {
      await delay(Math.random() * REOPEN_WITHIN_MS);
      theirs = await this.#open().catch((error: Error) => {
        if (!(error instanceof Refused) || error.retry !== 'later') throw error;
        this.#isClosed = true;
        return undefined;
      });
    }
    this.#isOpen = true;
    this.#send({ update: Y.encodeStateAsUpdate(this.#doc, theirs), resync: true });
  }
}
