import { Nodes } from '../../core/cluster/nodes.js';

/** Nodes that live in one process: one in the default mode, several in tests, where they die when told to. */
export class InProcessNodes extends Nodes {
  readonly alive = new Set<string>();

  override async beat(node: string): Promise<ReadonlySet<string>> {
    this.alive.add(node);
    return new Set(this.alive);
  }

  override async leave(node: string): Promise<void> {
    this.alive.delete(node);
  }
}
