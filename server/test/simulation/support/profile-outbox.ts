import type { KeptText, OutboxChange, OutboxEntry, OutboxKey, OutboxLane, OutboxStore } from '@tandem/protocol/client';
import type { Process } from '../../../src/testing/simulation/virtual-loop.js';

export interface Lane {
  readonly owner: Process;
  readonly key: string;
  readonly entries: Map<number, OutboxEntry>;
  isClosed: boolean;
}

/** The browser of everybody: what is written is there at once and outlives its tab, as in IndexedDB. */
export class ProfileOutbox {
  private lanes: Lane[] = [];
  private readonly kept = new Map<string, KeptText[]>();

  /** For one tab. */
  of(owner: Process): OutboxStore {
    return { open: async (key) => this.open(owner, key) };
  }

  keptTexts(userId: string, documentId: string): readonly KeptText[] {
    return this.kept.get(`${userId} ${documentId}`) ?? [];
  }

  /** Edits that no living tab holds. */
  orphans(userId: string, documentId: string): number {
    const key = `${userId} ${documentId}`;
    return this.lanes
      .filter((lane) => lane.key === key && this.isLeft(lane))
      .reduce((sum, { entries }) => sum + entries.size, 0);
  }

  /** Whether its tab is gone, and what it held is for the next one. */
  protected isLeft({ owner, isClosed }: Lane): boolean {
    return isClosed || owner.state === 'dead';
  }

  private open(owner: Process, { userId, documentId }: OutboxKey): OutboxLane {
    const key = `${userId} ${documentId}`;
    const left = this.lanes.filter((lane) => lane.key === key && this.isLeft(lane));
    this.lanes = this.lanes.filter((lane) => !left.includes(lane));
    const found = left.flatMap(({ entries }) => [...entries.values()].sort((a, b) => a.id - b.id));
    const adopted = found.map((entry, i) => ({ ...entry, id: i - found.length }));
    const lane: Lane = { owner, key, entries: new Map(adopted.map((entry) => [entry.id, entry])), isClosed: false };
    this.lanes.push(lane);
    return {
      adopted,
      kept: [...(this.kept.get(key) ?? [])],
      async write({ add, remove }: OutboxChange) {
        for (const id of remove) lane.entries.delete(id);
        for (const entry of add) lane.entries.set(entry.id, entry);
      },
      keep: async (text) => {
        this.kept.set(key, [...(this.kept.get(key) ?? []), text]);
      },
      discard: async () => {},
      close: async () => {
        lane.isClosed = true;
      },
    };
  }
}
