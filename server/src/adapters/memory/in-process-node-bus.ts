import { Listeners } from '../../core/bus/listeners.js';
import { MicrotaskQueue } from '../../core/bus/microtask-queue.js';
import { NodeBus } from '../../core/bus/node-bus.js';
import { Watches } from '../../core/bus/watches.js';

/** Joins the nodes that live in one process: one in the default mode, several in tests. */
export class NodeHub {
  readonly nodes = new Set<InProcessNodeBus>();
  readonly deliveries = new MicrotaskQueue();
}

/** The bus of a server that is one process. */
export class InProcessNodeBus extends NodeBus {
  override readonly takesBulk = true;
  private readonly listeners: Listeners<[string, object]>;
  private readonly watches = new Watches();

  /** `report` gets what listeners throw. */
  constructor(
    report: (error: unknown) => void,
    private readonly hub = new NodeHub(),
  ) {
    super();
    this.listeners = new Listeners(report);
    hub.nodes.add(this);
  }

  override publish(topic: string, message: object): void {
    if (!this.hub.nodes.has(this)) return;
    const receivers = [...this.hub.nodes].filter((node) => node !== this && node.watches.has(topic));
    if (receivers.length === 0) return;
    // As over a wire: what a receiver changes is its own.
    const text = JSON.stringify(message);
    for (const node of receivers) this.hub.deliveries.push(() => node.receive(topic, text));
  }

  override subscribe(listener: (topic: string, message: object) => void): () => void {
    return this.listeners.add(listener);
  }

  override watch(topic: string): () => void {
    return this.watches.add(topic);
  }

  override async close(): Promise<void> {
    this.hub.deliveries.flush();
    this.hub.nodes.delete(this);
  }

  private receive(topic: string, text: string): void {
    if (this.watches.has(topic) && this.hub.nodes.has(this)) this.listeners.tell(topic, JSON.parse(text) as object);
  }
}
