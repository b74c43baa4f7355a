import WebSocket from 'ws';

/** An editor as bare as can be, so that what is measured is the server: Socket.IO's packets by hand. */
export class RawClient {
  private readonly socket: WebSocket;
  private attachments = 0;
  private textBefore = '';
  private readonly waiting: ((text: string) => boolean)[] = [];
  /** Binary frames so far, when they came, and their bytes. */
  readonly pieces: Buffer[] = [];
  lastAt = 0;
  private readonly isKept: boolean;
  private readonly failed: Promise<never>;

  constructor(url: string, isKept: boolean) {
    this.isKept = isKept;
    this.socket = new WebSocket(url, { perMessageDeflate: false, maxPayload: 64 * 1024 * 1024 });
    this.failed = new Promise((_, reject) => this.socket.once('error', reject));
    this.failed.catch(() => undefined);
    this.socket.on('message', (data: Buffer, isBinary: boolean) => {
      if (isBinary) this.onBinary(data);
      else this.onText(data.toString());
    });
  }

  static async signedIn(url: string, token: string, isKept = false): Promise<RawClient> {
    const client = new RawClient(`${url.replace('http', 'ws')}/socket.io/?EIO=4&transport=websocket`, isKept);
    await client.hears((text) => text.startsWith('0{'));
    client.send(`40${JSON.stringify({ token, protocol: 1 })}`);
    await client.hears((text) => text.startsWith('42["server:hello"'));
    return client;
  }

  /** Resolves when `done` says so of a text frame, of which those with attachments count when these are there. */
  hears(done: (text: string) => boolean): Promise<void> {
    const heard = new Promise<void>((resolve) => {
      this.waiting.push((text) => {
        if (!done(text)) return false;
        resolve();
        return true;
      });
    });
    return Promise.race([heard, this.failed]);
  }

  send(data: string | Uint8Array): void {
    this.socket.send(data);
  }

  opened(): Promise<void> {
    const opened = new Promise<void>((resolve) => this.socket.once('open', () => resolve()));
    return Promise.race([opened, this.failed]);
  }

  /** Resolves when so many bytes came as binary frames. */
  received(bytes: number): Promise<void> {
    return new Promise((resolve) => {
      let left = bytes;
      this.socket.on('message', (data: Buffer, isBinary: boolean) => {
        if (!isBinary) return;
        left -= data.length;
        if (left > 0) return;
        this.lastAt = performance.now();
        resolve();
      });
    });
  }

  close(): void {
    this.socket.terminate();
  }

  private onBinary(data: Buffer): void {
    if (this.isKept) this.pieces.push(data);
    if (this.attachments > 0 && --this.attachments === 0) this.tell(this.textBefore);
  }

  private onText(text: string): void {
    if (text === '2') this.socket.send('3');
    const announced = /^4[56](\d+)-/.exec(text)?.[1];
    this.attachments = Number(announced ?? 0);
    this.textBefore = text;
    if (this.attachments === 0) this.tell(text);
  }

  private tell(text: string): void {
    for (const [index, listener] of this.waiting.entries()) {
      if (listener(text)) {
        this.waiting.splice(index, 1);
        return;
      }
    }
  }
}
