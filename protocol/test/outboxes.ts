import 'fake-indexeddb/auto';
import { IndexedDbOutbox, MemoryOutbox, type OutboxStore } from '../src/client/index.js';
import type { LaneLock } from '../src/client/outbox/lane-lock.js';
import { ManualClock } from '../src/testing/index.js';
import type { Harness } from './harness.js';

/** Locks of one browser; `crash` lets go of all, as a browser does for a process that died. */
export class FakeLocks implements LaneLock {
  private held = new Set<string>();
  async tryHold(lane: string) {
    if (this.held.has(lane)) return undefined;
    this.held.add(lane);
    return () => void this.held.delete(lane);
  }
  crash() {
    this.held = new Set();
  }
}

/** The IndexedDB of one test; `close` ends every connection to it. */
export class FakeBrowser {
  readonly clock = new ManualClock();
  private readonly open: IndexedDbOutbox[] = [];

  outbox(name = `outbox-${Math.random()}`, lock: LaneLock | null = new FakeLocks()): IndexedDbOutbox {
    const outbox = new IndexedDbOutbox({ name, lock, clock: this.clock });
    this.open.push(outbox);
    return outbox;
  }

  async close(): Promise<void> {
    for (const outbox of this.open.splice(0)) await outbox.close();
  }
}

/** Both stores, for contract suites. */
export const outboxes = (browser: FakeBrowser): [string, () => OutboxStore][] => [
  ['memory', () => new MemoryOutbox()],
  ['IndexedDB', () => browser.outbox()],
];

/** Settles although transactions take turns of the event loop. */
export const breath = async (at: Harness): Promise<void> => {
  for (let i = 0; i < 20; i++) await at.server.settle();
};
