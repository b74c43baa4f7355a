import { io, type Socket } from 'socket.io-client';
import type { Answer, Asker, Heard } from './asker.ts';
import { now } from './clock.ts';
import { bodyOf, caretOf, fileOf } from './script.ts';

/** Asks the bare relay, with a stock client. */
export class RelayAsker implements Asker {
  readonly mark: string;
  private readonly socket: Socket;
  private readonly file: string;

  private constructor(mark: string, socket: Socket) {
    this.mark = mark;
    this.socket = socket;
    this.file = fileOf(mark);
  }

  static async open(mark: string, url: string): Promise<RelayAsker> {
    const socket = io(url, { transports: ['websocket'], forceNew: true });
    await new Promise<void>((resolve, reject) => {
      socket.once('connect', resolve);
      socket.once('connect_error', reject);
    });
    return new RelayAsker(mark, socket);
  }

  async ask(n: number, cancelAfter?: number): Promise<Answer> {
    const heard: Heard[] = [];
    const body = bodyOf(this.file, caretOf(this.file, n));
    let cancelledAt: number | undefined;
    const onDelta = ({ index, text }: Heard) => {
      heard.push({ index, text, at: now() });
      if (heard.length !== cancelAfter) return;
      cancelledAt = now();
      this.socket.emit('cancel');
    };
    this.socket.on('delta', onDelta);
    const done = new Promise((resolve) => this.socket.once('done', resolve));
    const askedAt = now();
    this.socket.emit('start', body);
    await done;
    this.socket.off('delta', onDelta);
    return { askedAt, heard, ...(cancelledAt === undefined ? {} : { cancelledAt }) };
  }

  close(): void {
    this.socket.disconnect();
  }
}
