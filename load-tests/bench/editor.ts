import { io, type Socket } from 'socket.io-client';
import * as Y from 'yjs';
import type { Samples } from './samples.ts';

interface Opened {
  ok: boolean;
  update?: ArrayBuffer;
  error?: { code: string };
}

/** A stock socket.io-client that types single characters. */
export class Editor {
  readonly doc = new Y.Doc();
  private readonly text = this.doc.getText('content');
  private socket!: Socket;

  private readonly url: string;
  private readonly token: string;
  readonly documentId: string;

  constructor(url: string, token: string, documentId: string) {
    this.url = url;
    this.token = token;
    this.documentId = documentId;
  }

  async open(): Promise<void> {
    this.socket = io(this.url, { transports: ['websocket'], forceNew: true, auth: { token: this.token, protocol: 1 } });
    await new Promise<void>((resolve, reject) => {
      this.socket.once('connect', resolve);
      this.socket.once('connect_error', reject);
    });
    const { documentId } = this;
    const opened: Opened = await this.socket.emitWithAck('document:open', { documentId, clientId: this.doc.clientID });
    if (!opened.ok || !opened.update) throw new Error(opened.error?.code ?? 'no update');
    Y.applyUpdate(this.doc, new Uint8Array(opened.update), 'server');
  }

  /** The update of one more character; nothing is sent. */
  type(): Uint8Array {
    let update: Uint8Array | undefined;
    this.doc.once('update', (bytes: Uint8Array) => {
      update = bytes;
    });
    this.text.insert(this.text.length, 'x');
    if (!update) throw new Error('no update');
    return update;
  }

  /** Sends one edit and resolves at its ack. */
  async edit(samples: Samples): Promise<void> {
    const update = this.type();
    const since = performance.now();
    const answer: { ok: boolean; error?: { code: string } } = await this.socket.emitWithAck('document:update', {
      documentId: this.documentId,
      update,
    });
    if (!answer.ok) throw new Error(answer.error?.code);
    samples.add(performance.now() - since);
  }

  /** Calls back with the client id and the clock up to which each frame brings it. */
  onEdits(listener: (ends: Map<number, number>) => void): void {
    this.socket.on('document:update', ({ update }: { update: ArrayBuffer }) => {
      const { to } = Y.parseUpdateMeta(new Uint8Array(update));
      listener(to);
    });
  }

  /** How many characters it has typed. */
  get clock(): number {
    return Y.getState(this.doc.store, this.doc.clientID);
  }

  close(): void {
    this.socket.disconnect();
  }
}
