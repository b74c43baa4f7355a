export interface PublishOptions {
  /** The first to be dropped when the carrier is away: its receivers can do without. */
  readonly isExpendable?: boolean;
  /**
   * A message that waits under the same key of the same topic is dropped, and this one takes its own place: only the newest
   * matters.
   */
  readonly key?: string;
}

/**
 * Carries small JSON messages between the nodes (and workers) of a server, by topic. It may lose messages (the carrier is
 * away), never doubles them, and keeps the order of one sender in each topic. Nothing may depend on it but speed: what is
 * told is a hint, and the record is in PostgreSQL.
 *
 * A topic is `<family>` or `<family>:<id>`; families are few, ids are many and come and go.
 */
export abstract class NodeBus {
  /** To every other node that watches the topic. Returns at once, whatever the state of the carrier. */
  abstract publish(topic: string, message: object, options?: PublishOptions): void;
  /** Calls back for messages of other nodes under watched topics. Returns the call that ends the subscription. */
  abstract subscribe(listener: (topic: string, message: object) => void): () => void;
  /** Messages of the topic are wanted here until the returned call, which may be repeated without effect. Counted. */
  abstract watch(topic: string): () => void;
  /** Whether a message may hold kilobytes without harm; else it should hold ids, to be looked up. */
  abstract readonly takesBulk: boolean;
  /** Sends what waits, within a second, and gives the connections back. */
  abstract close(): Promise<void>;
}
