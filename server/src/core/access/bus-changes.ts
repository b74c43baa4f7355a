import { Listeners } from '../bus/listeners.js';
import type { NodeBus } from '../bus/node-bus.js';
import type { ChangeFeed } from './change-feed.js';
import type { News } from './change-log.js';
import { type Change, Changes, type WrittenChange } from './changes.js';

const TOPIC = 'changes';

/**
 * Changes on all nodes of a bus. Listeners of this process are told before `publish` returns, those elsewhere as soon as the
 * bus can, else by the next look at the log. Rights that were taken away are among them (D8): none is expendable.
 */
export class BusChanges extends Changes {
  private readonly listeners: Listeners<[Change]>;

  /** `report` is told what a listener threw. `feed`: of a node that also looks at the log, and must tell nothing twice. */
  constructor(
    private readonly bus: NodeBus,
    report: (error: unknown) => void,
    private readonly feed?: ChangeFeed,
  ) {
    super();
    this.listeners = new Listeners(report);
    bus.subscribe((topic, message) => {
      if (topic === TOPIC) this.hear(message as WrittenChange);
    });
  }

  override publish(written: WrittenChange): void {
    this.hear(written);
    this.bus.publish(TOPIC, written);
  }

  override subscribe(listener: (change: Change) => void): () => void {
    const ends = [this.listeners.add(listener), this.bus.watch(TOPIC)];
    return () => {
      for (const end of ends) end();
    };
  }

  /** Tells what a look at the log has found; false when nobody knows what this node has missed. */
  take(news: News): boolean {
    const changes = this.feed?.take(news);
    for (const change of changes ?? []) this.listeners.tell(change);
    return changes !== undefined;
  }

  private hear(written: WrittenChange): void {
    if (!this.feed || this.feed.hear(written)) this.listeners.tell(written.change);
  }
}
