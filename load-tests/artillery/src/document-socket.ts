import { io, type Socket } from 'socket.io-client';
import * as Y from 'yjs';
import { BrokenPromise } from './broken-promise.ts';

const ANSWER_MS = 15_000;

interface Answer {
  readonly ok: boolean;
  readonly seq: number;
  readonly update?: ArrayBuffer | Uint8Array;
  readonly error?: { readonly code: string };
}
interface Frame {
  readonly update: ArrayBuffer | Uint8Array;
  readonly fromSeq: number;
  readonly seq: number;
}

type OnFrame = (doc: Y.Doc) => void;

/** One open document on a stock Socket.IO connection of its own, as any editor without the SDK would hold it. */
export class DocumentSocket {
  readonly doc = new Y.Doc();
  /** Rejects when the server breaks a promise or the connection ends. */
  readonly broken: Promise<never>;
  readonly #socket: Socket;
  readonly #documentId: string;
  #fail: (error: Error) => void = () => {};
  #opened = false;
  #sent = false;
  #acked = 0;

  private constructor(socket: Socket, documentId: string) {
    this.#socket = socket;
    this.#documentId = documentId;
    this.broken = new Promise((_, reject) => {
      this.#fail = reject;
    });
    // Whoever waits for it sees it; nobody may be waiting yet.
    this.broken.catch(() => {});
  }

  /** `onFrame` runs after each frame was applied. */
  static async open(
    url: string,
    token: string,
    documentId: string,
    onFrame: OnFrame = () => {},
  ): Promise<DocumentSocket> {
    // `forceNew`: two sockets of one person are two connections. No reconnection: a lost connection is a finding here.
    const auth = { token, protocol: 1 };
    const socket = io(url, { transports: ['websocket'], forceNew: true, reconnection: false, auth });
    const self = new DocumentSocket(socket, documentId);
    try {
      await self.#connected();
      await self.#open(onFrame);
      return self;
    } catch (error) {
      self.close();
      throw error;
    }
  }

  /** Sends what happened to `doc` and resolves when it is stored; rejects when `seq` did not grow. */
  async send(update: Uint8Array): Promise<void> {
    this.#sent = true;
    const answer = await this.#ask('document:update', { documentId: this.#documentId, update });
    if (answer.seq <= this.#acked) throw new BrokenPromise('seq_did_not_grow', `${answer.seq} after ${this.#acked}`);
    this.#acked = answer.seq;
  }

  close(): void {
    this.#socket.off('disconnect');
    this.#socket.disconnect();
    this.doc.destroy();
  }

  #connected(): Promise<void> {
    this.#socket.on('disconnect', (reason) => this.#fail(new BrokenPromise('disconnected', reason)));
    return new Promise((resolve, reject) => {
      this.#socket.once('connect', resolve);
      this.#socket.once('connect_error', (error) => reject(new BrokenPromise('connect_error', error.message)));
    });
  }

  async #open(onFrame: OnFrame): Promise<void> {
    const { doc } = this;
    let seen = 0;
    // Frames may come before the answer of the open has been read: they wait for it.
    const early: Frame[] = [];
    const take = ({ update, fromSeq, seq }: Frame) => {
      // Who sends gets no frames of their own edits, so only who watches must see every number.
      if (!this.#sent && fromSeq > seen + 1) this.#fail(new BrokenPromise('hole_in_seq', `${fromSeq} after ${seen}`));
      seen = Math.max(seen, seq);
      Y.applyUpdate(doc, new Uint8Array(update), 'server');
      onFrame(doc);
    };
    this.#socket.on('document:update', (frame: Frame) => (this.#opened ? take(frame) : early.push(frame)));
    // After a backlog that the server skipped it sends state: everything up to `seq`.
    this.#socket.on('document:resync', (frame: Frame) => take({ ...frame, fromSeq: 0 }));

    const opened = await this.#ask('document:open', { documentId: this.#documentId, clientId: doc.clientID });
    if (opened.update === undefined) throw new BrokenPromise('open_without_update');
    Y.applyUpdate(doc, new Uint8Array(opened.update), 'server');
    seen = opened.seq;
    this.#acked = opened.seq;
    this.#opened = true;
    for (const frame of early) take(frame);
  }

  async #ask(event: string, body: object): Promise<Answer> {
    const answer = (await this.#socket
      .timeout(ANSWER_MS)
      .emitWithAck(event, body)
      .catch(() => {
        throw new BrokenPromise('no_answer', event);
      })) as Answer;
    if (!answer.ok) throw new BrokenPromise(answer.error?.code ?? 'refused', event);
    return answer;
  }
}
