import { type DocumentProvider, MemoryOutbox, TandemClient } from '@tandem/protocol/client';
import type * as Y from 'yjs';
import { eventually } from '../../src/testing/eventually.js';
import type { Actor } from './stock-actor.js';
import type { Person, SyncWorld } from './sync-world.js';

/** An editor on the SDK. Its outbox outlives its tabs, as IndexedDB does. */
export class SdkActor implements Actor {
  readonly abandoned: Y.Doc[] = [];
  private readonly outbox = new MemoryOutbox();
  private readonly faults: string[] = [];
  private client!: TandemClient;
  private connected!: Promise<void>;
  private provider!: DocumentProvider;

  constructor(
    readonly name: string,
    private readonly world: SyncWorld,
    private readonly person: Person,
    private readonly documentId: string,
  ) {
    this.open();
  }

  get doc(): Y.Doc {
    return this.provider.doc;
  }

  cut(): void {
    this.world.cutConnections(this.person);
  }

  /** It does so by itself. */
  async reconnect(): Promise<void> {}

  async reopen(): Promise<void> {
    this.abandoned.push(this.doc);
    await this.client.close();
    this.open();
  }

  async settle(): Promise<void> {
    const isDone = () => (this.provider.synced && this.provider.saved) || this.faults.length > 0;
    await eventually(`${this.name} has saved`, isDone, 20_000).catch((error: Error) => {
      const { status, pending, error: refusal } = this.provider;
      throw new Error(`${error.message}: ${status}, ${pending} pending, ${refusal?.code}, ${this.client.status}`);
    });
    if (this.faults.length > 0) throw new Error(`${this.name}: ${this.faults.join('; ')}`);
  }

  async end(): Promise<void> {
    await this.connected;
    return this.client.close();
  }

  private open(): void {
    const { accessToken: token } = this.person;
    this.client = new TandemClient({ url: this.world.server.url, token, outbox: this.outbox, random: () => 0.01 });
    this.client.on('error', ({ code, retry }) => {
      if (retry === 'never') this.faults.push(code);
    });
    this.connected = this.client.connect();
    // A tab that is closed before it was connected rejects: nobody has to be waiting for it.
    this.connected.catch(() => undefined);
    this.provider = this.client.openDocument(this.documentId);
    this.provider.on('replaced', ({ reason }) => this.faults.push(`replaced: ${reason}`));
  }
}
