import type { EventOf } from '@tandem/protocol';
import * as Y from 'yjs';
import { eventually } from '../../src/testing/eventually.js';
import { accepted, type PlainClient } from './plain-client.js';
import { wholeAnswer } from './plain-editor.js';
import type { Person, SyncWorld } from './sync-world.js';

type Frame = EventOf<'document:update'>;

/** What a test's plan does with an editor, whatever it is built on. */
export interface Actor {
  readonly name: string;
  readonly doc: Y.Doc;
  /** Documents of tabs that crashed: what was typed in them must not be lost. */
  readonly abandoned: readonly Y.Doc[];
  /** The connection breaks; it comes back by `settle` at the latest. */
  cut(): void;
  reconnect(): Promise<void>;
  /** The tab dies with what it has not saved, and another one opens. */
  reopen(): Promise<void>;
  /** Connected, and all that was typed is stored. Rejects with what went wrong on the way. */
  settle(): Promise<void>;
  end(): Promise<void>;
}

/** An editor on stock Socket.IO that keeps an outbox as PROTOCOL.md asks of a client, in as few lines as possible. */
export class StockActor implements Actor {
  readonly abandoned: Y.Doc[] = [];
  doc!: Y.Doc;
  private outbox: { readonly update: Uint8Array; isSent: boolean }[] = [];
  private instance = 0;
  private client: PlainClient | undefined;
  private isOpen = false;
  private seq = 0;
  private epoch: number | undefined;
  private readonly faults: string[] = [];
  private connecting: Promise<void> | undefined;

  constructor(
    readonly name: string,
    private readonly world: SyncWorld,
    private readonly person: Person,
    private readonly documentId: string,
  ) {
    this.begin();
  }

  cut(): void {
    this.client?.websocket.terminate();
    this.client = undefined;
    this.isOpen = false;
  }

  reconnect(): Promise<void> {
    if (this.client) return Promise.resolve();
    this.connecting ??= this.connect().finally(() => {
      this.connecting = undefined;
    });
    return this.connecting;
  }

  async reopen(): Promise<void> {
    await this.connecting;
    this.cut();
    this.abandoned.push(this.doc);
    const { doc } = this;
    this.begin();
    await this.reconnect();
    // The browser's store kept the outbox: it is delivered under the old client id, by a session with a new one.
    this.doc.transact(() => Y.applyUpdate(this.doc, Y.encodeStateAsUpdate(doc)), 'server');
  }

  async settle(): Promise<void> {
    await eventually(`${this.name} has saved`, async () => {
      await this.reconnect();
      return (this.isOpen && this.outbox.length === 0) || this.faults.length > 0;
    });
    if (this.faults.length > 0) throw new Error(`${this.name}: ${this.faults.join('; ')}`);
  }

  async end(): Promise<void> {
    this.cut();
  }

  private begin(): void {
    this.doc = new Y.Doc();
    this.instance++;
    this.seq = 0;
    this.epoch = undefined;
    this.doc.on('update', (update: Uint8Array, origin: unknown) => {
      if (origin === 'server') return;
      this.outbox.push({ update, isSent: false });
      this.flush();
    });
  }

  private async connect(): Promise<void> {
    const client = await this.world.connect(this.person);
    this.client = client;
    const { documentId, doc } = this;
    const early: Frame[] = [];
    client.on('document:update', (frame) => {
      if (this.client !== client) return;
      if (this.isOpen) this.take(frame);
      else early.push(frame);
    });
    client.on('document:resync', ({ update, seq }) => {
      if (this.client !== client) return;
      Y.applyUpdate(doc, update, 'server');
      this.seq = seq;
    });
    const known = this.epoch === undefined ? {} : { seq: this.seq, epoch: this.epoch };
    const asked = client.ask('document:open', {
      documentId,
      clientId: doc.clientID,
      instance: `${this.name}-${this.instance}`,
      stateVector: Y.encodeStateVector(doc),
      ...known,
    });
    try {
      const answer = await accepted(asked);
      if (this.client !== client) return;
      Y.applyUpdate(doc, await wholeAnswer(client, documentId, answer), 'server');
      this.seq = answer.seq;
      this.epoch = answer.epoch;
    } catch (error) {
      if (this.client === client && client.isConnected) this.faults.push(`open: ${(error as Error).message}`);
      if (this.client === client) this.cut();
      return;
    }
    this.isOpen = true;
    for (const frame of early) this.take(frame);
    for (const entry of this.outbox) entry.isSent = false;
    this.flush();
  }

  private take(frame: Frame): void {
    if (frame.fromSeq > this.seq + 1) this.faults.push(`a hole: ${frame.fromSeq} after ${this.seq}`);
    this.seq = Math.max(this.seq, frame.seq);
    Y.applyUpdate(this.doc, frame.update, 'server');
  }

  private flush(): void {
    const { client, documentId } = this;
    if (!this.isOpen || !client) return;
    for (const entry of this.outbox.filter(({ isSent }) => !isSent)) {
      entry.isSent = true;
      // Not a promise: a frame may follow the ack in the same turn of the event loop.
      client.askNow('document:update', { documentId, update: entry.update }, (answer) => {
        // The connection is gone: what has no answer is sent again.
        if (!answer) return this.lost(client);
        if (!answer.ok) this.faults.push(`update: ${answer.error.code}`);
        else if (this.client === client && answer.stored !== false && answer.seq === this.seq + 1) this.seq++;
        this.outbox = this.outbox.filter((one) => one !== entry);
      });
    }
  }

  private lost(client: PlainClient): void {
    if (this.client === client) this.cut();
  }
}
