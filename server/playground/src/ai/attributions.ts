import type { CompletionClosedEvent } from '@tandem/protocol';
import type { TandemApi } from '@tandem/protocol/client';
import type { Attribution } from '@tandem/protocol/http';
import { type Readable, signal } from '../base/signal.js';

/** Which text of a document was accepted from a suggestion, by whom and when. */
export class Attributions {
  readonly #all = signal<readonly Attribution[]>([]);
  readonly all: Readable<readonly Attribution[]> = this.#all;

  constructor(
    private readonly documentId: string,
    private readonly api: TandemApi,
  ) {}

  /** What is stored. What came over the wire meanwhile stays. Rejects with the refusal. */
  async load(): Promise<void> {
    const stored = await this.api.attributions(this.documentId);
    const known = new Set(stored.map(keyOf));
    this.#all.update((all) => [...stored, ...all.filter((each) => !known.has(keyOf(each)))]);
  }

  /** Somebody accepted a suggestion just now. */
  add({ completionId, by, accepted }: CompletionClosedEvent, displayName: string, model: string): void {
    if (by === null) return;
    const acceptedAt = Date.now();
    const fresh = accepted.map((piece) => ({
      ...piece,
      completionId,
      userId: by,
      displayName,
      acceptedAt,
      model,
      seq: 0,
    }));
    this.#all.update((all) => {
      const known = new Set(all.map(keyOf));
      return [...all, ...fresh.filter((each) => !known.has(keyOf(each)))];
    });
  }
}

const keyOf = ({ client, clock, length }: Attribution): string => `${client}:${clock}:${length}`;
