import { type AiCommand, type AiMessage, AiRelay } from './ai-relay.js';

/**
 * Who listens and watches in this process: all there is to the relay of a single process, and the local half of the others. It
 * delivers in the next microtask: a listener never runs
 * inside `publish`, so that what it publishes in turn cannot overtake what it is being told.
 */
export class LocalRelay extends AiRelay {
  private readonly listeners = new Set<(message: AiMessage) => void>();
  private readonly commandListeners = new Set<(command: AiCommand) => void>();
  /** How many want the messages of a project. */
  private readonly watches = new Map<string, number>();
  private waiting: (() => void)[] = [];
  private isClosed = false;

  /** `report` is told what a listener threw. */
  constructor(private readonly report: (error: unknown) => void) {
    super();
  }

  override publish(message: AiMessage): void {
    this.later(() => {
      if (this.isWatched(message.projectId)) this.tell(this.listeners, message);
    });
  }

  override subscribe(listener: (message: AiMessage) => void): () => void {
    return enter(this.listeners, listener);
  }

  override watch(projectId: string): () => void {
    this.watches.set(projectId, (this.watches.get(projectId) ?? 0) + 1);
    let isOver = false;
    return () => {
      if (isOver) return;
      isOver = true;
      const left = (this.watches.get(projectId) ?? 1) - 1;
      if (left === 0) this.watches.delete(projectId);
      else this.watches.set(projectId, left);
    };
  }

  isWatched(projectId: string): boolean {
    return this.watches.has(projectId);
  }

  watched(): string[] {
    return [...this.watches.keys()];
  }

  override command(command: AiCommand): void {
    this.later(() => this.tell(this.commandListeners, command));
  }

  override onCommand(listener: (command: AiCommand) => void): () => void {
    return enter(this.commandListeners, listener);
  }

  override async close(): Promise<void> {
    this.deliver();
    this.isClosed = true;
  }

  private later(delivery: () => void): void {
    if (this.isClosed) return;
    if (this.waiting.push(delivery) === 1) queueMicrotask(() => this.deliver());
  }

  private deliver(): void {
    // What listeners publish meanwhile goes to a list, and a microtask, of its own.
    const deliveries = this.waiting;
    this.waiting = [];
    for (const deliver of deliveries) deliver();
  }

  private tell<T>(listeners: ReadonlySet<(news: T) => void>, news: T): void {
    for (const listener of listeners) {
      try {
        listener(news);
      } catch (error) {
        this.report(error);
      }
    }
  }
}

/** Boxed, so that one that subscribes twice is told twice and leaves twice. */
function enter<T>(listeners: Set<(news: T) => void>, listener: (news: T) => void): () => void {
  const entry = (news: T) => listener(news);
  listeners.add(entry);
  return () => listeners.delete(entry);
}
