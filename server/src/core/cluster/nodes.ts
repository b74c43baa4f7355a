/**
 * Which nodes are alive, by the clock of the database: a lease that each renews every second. Cursors of a node whose lease
 * has run out are nobody's.
 */
export abstract class Nodes {
  /** Renews this node's lease; resolves to all that hold one, this node included. Rejects when the database is away. */
  abstract beat(node: string): Promise<ReadonlySet<string>>;
  /** Gives the lease up at once. */
  abstract leave(node: string): Promise<void>;
}
