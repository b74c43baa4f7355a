import { Listeners } from '../bus/listeners.js';
import { MicrotaskQueue } from '../bus/microtask-queue.js';
import type { NodeBus } from '../bus/node-bus.js';
import { Watches } from '../bus/watches.js';
import { type AiCommand, type AiMessage, AiRelay } from './ai-relay.js';

const MESSAGES = 'ai:';
const COMMANDS = 'ai-commands';

/**
 * The relay between the nodes of a bus. A node hears itself directly, whatever the state of the bus, and in the next
 * microtask.
 */
export class BusAiRelay extends AiRelay {
  private readonly listeners: Listeners<[AiMessage]>;
  private readonly commandListeners: Listeners<[AiCommand]>;
  private readonly watches = new Watches();
  private readonly deliveries = new MicrotaskQueue();
  private readonly leave: () => void;
  private isClosed = false;

  /** `report` is told what a listener threw. */
  constructor(
    private readonly bus: NodeBus,
    report: (error: unknown) => void,
  ) {
    super();
    this.listeners = new Listeners(report);
    this.commandListeners = new Listeners(report);
    this.leave = bus.subscribe((topic, message) => {
      if (topic.startsWith(MESSAGES)) this.hear(message as AiMessage);
      else if (topic === COMMANDS) this.commandListeners.tell(message as AiCommand);
    });
  }

  override publish(message: AiMessage): void {
    if (this.isClosed) return;
    this.deliveries.push(() => this.hear(message));
    this.bus.publish(MESSAGES + message.projectId, message, { isExpendable: message.type === 'delta' });
  }

  override subscribe(listener: (message: AiMessage) => void): () => void {
    return this.listeners.add(listener);
  }

  override watch(projectId: string): () => void {
    const ends = [this.watches.add(projectId), this.bus.watch(MESSAGES + projectId)];
    return () => {
      for (const end of ends) end();
    };
  }

  override command(command: AiCommand): void {
    if (this.isClosed) return;
    this.deliveries.push(() => this.commandListeners.tell(command));
    this.bus.publish(COMMANDS, command);
  }

  override onCommand(listener: (command: AiCommand) => void): () => void {
    const ends = [this.commandListeners.add(listener), this.bus.watch(COMMANDS)];
    return () => {
      for (const end of ends) end();
    };
  }

  /** What it has sent waits in the bus, which is closed by whoever opened it. */
  override async close(): Promise<void> {
    this.deliveries.flush();
    this.isClosed = true;
    this.leave();
  }

  private hear(message: AiMessage): void {
    if (this.watches.has(message.projectId)) this.listeners.tell(message);
  }
}
