import type { TandemClient } from '@tandem/protocol/client';
import { computed, type Readable, signal } from '../base/signal.js';
import { OpenDocument } from './open-document.js';

/** One provider for each document, however many parts of the page use it: a tab, and the presence of the project. */
export class DocumentPool {
  readonly #held = signal<ReadonlyMap<string, { document: OpenDocument; users: number }>>(new Map());
  readonly documents: Readable<readonly OpenDocument[]> = computed(() =>
    [...this.#held.value.values()].map(({ document }) => document),
  );

  constructor(private readonly client: TandemClient) {}

  acquire(documentId: string): OpenDocument {
    const held = new Map(this.#held.peek());
    const known = held.get(documentId);
    const document = known?.document ?? new OpenDocument(this.client.openDocument(documentId));
    held.set(documentId, { document, users: (known?.users ?? 0) + 1 });
    this.#held.value = held;
    return document;
  }

  release(documentId: string): void {
    const held = new Map(this.#held.peek());
    const known = held.get(documentId);
    if (!known) return;
    if (known.users > 1) held.set(documentId, { ...known, users: known.users - 1 });
    else {
      held.delete(documentId);
      void known.document.close();
    }
    this.#held.value = held;
  }

  async closeAll(): Promise<void> {
    const all = this.documents.peek();
    this.#held.value = new Map();
    await Promise.all(all.map((document) => document.close()));
  }
}
