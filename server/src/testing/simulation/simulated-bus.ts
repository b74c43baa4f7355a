import type { SeededRandom } from '@tandem/protocol/testing';
import { Listeners } from '../../core/bus/listeners.js';
import { NodeBus } from '../../core/bus/node-bus.js';
import { Watches } from '../../core/bus/watches.js';
import type { Process, VirtualLoop } from './virtual-loop.js';

/** Shares of the messages about rooms, from 0 to 1. */
export interface BusFaults {
  readonly lost: number;
  readonly doubled: number;
  readonly reordered: number;
}

export const HEALTHY_BUS: BusFaults = { lost: 0, doubled: 0, reordered: 0 };

/** The carrier of all nodes. */
export class SimulatedCarrier {
  readonly nodes = new Set<SimulatedBus>();
  isDead = false;
  faults = HEALTHY_BUS;
  /** When a message may last have been lost. */
  impairedAt = Number.NEGATIVE_INFINITY;

  constructor(
    readonly loop: VirtualLoop,
    private readonly random: SeededRandom,
    private readonly note: (event: string) => void,
    /** As Redis does, and PostgreSQL's NOTIFY does not. */
    readonly takesBulk: boolean,
  ) {}

  heal(): void {
    if (this.isDead || this.faults !== HEALTHY_BUS) this.impairedAt = this.loop.now;
    this.isDead = false;
    this.faults = HEALTHY_BUS;
  }

  carry(from: SimulatedBus, topic: string, message: object): void {
    const text = JSON.stringify(message);
    for (const to of this.nodes) {
      if (to === from) continue;
      if (this.isDead) this.note('bus dead');
      // Only the doorbell of rooms may be doubled and out of order (`RoomBus`); every message may be lost (`NodeBus`).
      else if (!topic.startsWith('room:')) this.deliver(to, topic, text, 0);
      else this.deliverFaulty(to, topic, text);
    }
  }

  private deliverFaulty(to: SimulatedBus, topic: string, text: string): void {
    const { lost, doubled, reordered } = this.faults;
    const dice = this.random.next();
    if (dice < lost) {
      this.note('bus lost');
      return;
    }
    const isLate = this.random.next() < reordered;
    if (isLate) this.note('bus reordered');
    this.deliver(to, topic, text, isLate ? this.random.next() * 200 : 0);
    if (dice < lost + doubled) {
      this.note('bus doubled');
      this.deliver(to, topic, text, this.random.next() * 50);
    }
  }

  private deliver(to: SimulatedBus, topic: string, text: string, extraMs: number): void {
    this.loop.post(to.process, 1 + extraMs, () => to.receive(topic, text));
  }
}

/** One node's end of the carrier. */
export class SimulatedBus extends NodeBus {
  private readonly listeners: Listeners<[string, object]>;
  private readonly watches = new Watches();

  constructor(
    private readonly carrier: SimulatedCarrier,
    readonly process: Process,
    report: (error: unknown) => void,
  ) {
    super();
    this.listeners = new Listeners(report);
    carrier.nodes.add(this);
  }

  override get takesBulk(): boolean {
    return this.carrier.takesBulk;
  }

  override publish(topic: string, message: object): void {
    if (this.carrier.nodes.has(this)) this.carrier.carry(this, topic, message);
  }

  override subscribe(listener: (topic: string, message: object) => void): () => void {
    return this.listeners.add(listener);
  }

  override watch(topic: string): () => void {
    return this.watches.add(topic);
  }

  override async close(): Promise<void> {
    this.carrier.nodes.delete(this);
  }

  receive(topic: string, text: string): void {
    if (this.watches.has(topic)) this.listeners.tell(topic, JSON.parse(text) as object);
  }
}
