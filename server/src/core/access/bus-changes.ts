import { Listeners } from '../bus/listeners.js';
import type { NodeBus } from '../bus/node-bus.js';
import { type Change, Changes } from './changes.js';

const TOPIC = 'changes';

/**
 * Changes on all nodes of a bus. Listeners of this process are told before `publish` returns, those elsewhere as soon as the
 * bus can. Rights that were taken away are among them (D8): none is expendable.
 */
export class BusChanges extends Changes {
  private readonly listeners: Listeners<[Change]>;

  /** `report` is told what a listener threw. */
  constructor(
    private readonly bus: NodeBus,
    report: (error: unknown) => void,
  ) {
    super();
    this.listeners = new Listeners(report);
    bus.subscribe((topic, message) => {
      if (topic === TOPIC) this.listeners.tell(message as Change);
    });
  }

  override publish(change: Change): void {
    this.listeners.tell(change);
    this.bus.publish(TOPIC, change);
  }

  override subscribe(listener: (change: Change) => void): () => void {
    const ends = [this.listeners.add(listener), this.bus.watch(TOPIC)];
    return () => {
      for (const end of ends) end();
    };
  }
}
