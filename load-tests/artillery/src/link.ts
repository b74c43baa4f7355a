import { io, type Socket } from 'socket.io-client';
import { BrokenPromise } from './broken-promise.ts';
import { within } from './within.ts';

const ANSWER_MS = 15_000;

export interface Answer {
  readonly ok: boolean;
  readonly seq: number;
  readonly stored?: boolean;
  readonly awareness?: ArrayBuffer | Uint8Array;
  readonly update?: ArrayBuffer | Uint8Array;
  readonly pieces?: number;
  readonly completionId?: string;
  readonly error?: { readonly code: string };
}

/** A stock Socket.IO connection that the server has greeted. */
export class Link {
  /** Rejects when the server breaks a promise or the connection ends. */
  readonly broken: Promise<never>;
  readonly #socket: Socket;
  #fail: (error: Error) => void = () => {};

  private constructor(socket: Socket) {
    this.#socket = socket;
    this.broken = new Promise((_, reject) => {
      this.#fail = reject;
    });
    // Whoever waits for it sees it; nobody may be waiting yet.
    this.broken.catch(() => {});
  }

  static async connect(url: string, token: string): Promise<Link> {
    // `forceNew`: two sockets of one person are two connections. No reconnection: a lost connection is a finding here.
    const auth = { token, protocol: 1 };
    const socket = io(url, { transports: ['websocket'], forceNew: true, reconnection: false, auth });
    const self = new Link(socket);
    try {
      await within(ANSWER_MS, 'no_hello', self.#greeted());
      return self;
    } catch (error) {
      self.close();
      throw error;
    }
  }

  on(event: string, listener: (body: never) => void): void {
    this.#socket.on(event, listener as (body: unknown) => void);
  }

  off(event: string, listener: (body: never) => void): void {
    this.#socket.off(event, listener as (body: unknown) => void);
  }

  /** What is not answered. */
  tell(event: string, body: object): void {
    this.#socket.emit(event, body);
  }

  /** Rejects with the code of a refusal. */
  async ask(event: string, body: object): Promise<Answer> {
    const answer = (await Promise.race([
      this.#socket
        .timeout(ANSWER_MS)
        .emitWithAck(event, body)
        .catch(() => {
          throw new BrokenPromise('no_answer', event);
        }),
      this.broken,
    ])) as Answer;
    if (!answer.ok) throw new BrokenPromise(answer.error?.code ?? 'refused', event);
    return answer;
  }

  /** The server did something that it promises not to do. */
  fail(error: BrokenPromise): void {
    this.#fail(error);
  }

  close(): void {
    this.#socket.off('disconnect');
    this.#socket.disconnect();
  }

  async #greeted(): Promise<void> {
    const greeted = new Promise((resolve) => this.#socket.once('server:hello', resolve));
    this.#socket.on('disconnect', (reason) => this.#fail(new BrokenPromise('disconnected', reason)));
    this.#socket.once('connect_error', (error: Error & { data?: { code?: string } }) =>
      this.#fail(new BrokenPromise(error.data?.code ?? 'connect_error', error.message)),
    );
    await Promise.race([greeted, this.broken]);
  }
}
