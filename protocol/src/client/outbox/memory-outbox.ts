import type { OutboxChange, OutboxEntry, OutboxKey, OutboxLane, OutboxStore } from './outbox-store.js';

const keyOf = ({ server, userId, documentId }: OutboxKey) => JSON.stringify([server, userId, documentId]);

/** Lives as long as the process: a document that is closed and opened again finds its unsaved edits. */
export class MemoryOutbox implements OutboxStore {
  private readonly left = new Map<string, OutboxEntry[]>();

  async open(key: OutboxKey): Promise<OutboxLane> {
    const name = keyOf(key);
    const found = this.left.get(name) ?? [];
    this.left.delete(name);
    const adopted = found.map((entry, i) => ({ ...entry, id: i - found.length }));
    const held = new Map(adopted.map((entry) => [entry.id, entry]));
    return {
      adopted,
      async write({ add, remove }: OutboxChange) {
        for (const id of remove) held.delete(id);
        for (const entry of add) held.set(entry.id, entry);
      },
      close: async () => {
        const rest = [...held.values()].sort((a, b) => a.id - b.id);
        held.clear();
        if (rest.length > 0) this.left.set(name, [...(this.left.get(name) ?? []), ...rest]);
      },
    };
  }
}
