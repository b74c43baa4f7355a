import { type DocumentProvider, MemoryOutbox, TandemClient } from '@tandem/protocol/client';
import type * as Y from 'yjs';
import type { Change } from './ledger.js';
import { Writer, type WriterOptions } from './writer.js';

/** An editor on the SDK. */
export class SdkWriter extends Writer {
  private readonly client: TandemClient;
  private readonly provider: DocumentProvider;

  constructor(options: WriterOptions) {
    super(options);
    this.client = new TandemClient({
      url: options.url,
      token: options.accessToken,
      // Its own: what a lost machine had not sent is lost with it.
      outbox: new MemoryOutbox(),
    });
    this.client.on('hello', () => {
      this.connections++;
    });
    this.provider = this.client.openDocument(options.documentId);
    this.provider.on('replaced', ({ reason }) => {
      this.ledger.complaints.push(`the document of writer ${this.number} was frozen: ${reason}`);
    });
    this.watch();
    this.client.connect().catch((error: Error) => {
      if (!this.isClosed) this.ledger.complaints.push(`writer ${this.number} was refused for good: ${error.message}`);
    });
  }

  override get doc(): Y.Doc {
    return this.provider.doc;
  }

  override get isConnected(): boolean {
    return this.client.status === 'online';
  }

  override get isSaved(): boolean {
    return this.provider.synced && this.provider.saved;
  }

  /** It was told that nothing can be stored. */
  get isStalled(): boolean {
    return this.provider.stalled;
  }

  /** Moves the cursor; returns what others then see of it. */
  point(): unknown {
    const cursor = performance.now();
    this.provider.awareness.setLocalStateField('cursor', cursor);
    return cursor;
  }

  /** Where this one shows the cursor of another. */
  cursorOf({ doc }: SdkWriter): unknown {
    return this.provider.awareness.getStates().get(doc.clientID)?.cursor;
  }

  protected override onTyped(change: Change): void {
    this.provider.whenSaved().then(
      () => this.acked(change),
      (error: Error) => {
        if (!this.isClosed) this.ledger.complaints.push(`writer ${this.number} could not save: ${error.message}`);
      },
    );
  }

  protected override disconnect(): Promise<void> {
    return this.client.close();
  }
}
