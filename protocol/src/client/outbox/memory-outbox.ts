import { type KeptText, MAX_KEPT_TEXTS, storedForm } from './kept-text.js';
import type { OutboxChange, OutboxEntry, OutboxKey, OutboxLane, OutboxStore } from './outbox-store.js';

const keyOf = ({ server, userId, documentId }: OutboxKey) => JSON.stringify([server, userId, documentId]);
const userOf = ({ server, userId }: OutboxKey) => JSON.stringify([server, userId]);

/** Lives as long as the process: a document that is closed and opened again finds its unsaved edits. */
export class MemoryOutbox implements OutboxStore {
  private readonly left = new Map<string, OutboxEntry[]>();
  /** By user, oldest first. */
  private readonly kept = new Map<string, readonly { readonly documentId: string; readonly kept: KeptText }[]>();

  async open(key: OutboxKey): Promise<OutboxLane> {
    const name = keyOf(key);
    const found = this.left.get(name) ?? [];
    this.left.delete(name);
    const adopted = found.map((entry, i) => ({ ...entry, id: i - found.length }));
    const held = new Map(adopted.map((entry) => [entry.id, entry]));
    const ofUser = () => this.kept.get(userOf(key)) ?? [];
    return {
      adopted,
      kept: ofUser().flatMap(({ documentId, kept }) => (documentId === key.documentId ? [kept] : [])),
      async write({ add, remove }: OutboxChange) {
        for (const id of remove) held.delete(id);
        for (const entry of add) held.set(entry.id, entry);
      },
      keep: async (text) => {
        const { documentId } = key;
        const all = [...ofUser(), { documentId, kept: storedForm(text) }];
        this.kept.set(userOf(key), all.slice(-MAX_KEPT_TEXTS));
      },
      discard: async (id) => {
        this.kept.set(
          userOf(key),
          ofUser().filter(({ kept }) => kept.id !== id),
        );
      },
      close: async () => {
        const rest = [...held.values()].sort((a, b) => a.id - b.id);
        held.clear();
        if (rest.length > 0) this.left.set(name, [...(this.left.get(name) ?? []), ...rest]);
      },
    };
  }
}
