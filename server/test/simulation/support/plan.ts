import type { Role } from '@tandem/protocol';
import type { LinkState, Operation, StatementFault } from '../../../src/testing/simulation/database-link.js';
import type { BusFaults } from '../../../src/testing/simulation/simulated-bus.js';

/** Users, tabs, nodes and documents are numbers from 0. */
export interface TabPlan {
  readonly tab: number;
  readonly user: number;
  /** Where the load balancer sends it while that node is there. */
  readonly node: number;
  readonly docs: readonly number[];
  /** One way, in milliseconds. */
  readonly latency: number;
  /** It begins under the client id of that tab (V1). */
  readonly idOf?: number;
}

/** When each end notices, in milliseconds. */
interface Ends {
  readonly client: number;
  readonly server: number;
}

type Doing =
  /** Inserts so many tokens, or takes so many out, at a place between 0 and 1; so many times, each in a turn of its own. */
  | { do: 'edit'; tab: number; doc: number; at: number; insert?: number; remove?: number; times?: number }
  /** A token of so many characters: above the limit it goes in parts. */
  | { do: 'paste'; tab: number; doc: number; at: number; size: number }
  | { do: 'cursor'; tab: number; doc: number; at: number }
  | ({ do: 'cut'; tab: number; lossy: boolean } & Ends)
  | { do: 'slow'; tab: number }
  | { do: 'read'; tab: number }
  | { do: 'crash tab'; tab: number }
  | { do: 'close tab'; tab: number }
  /** The document is closed and opened again, on the same connection. */
  | { do: 'reopen'; tab: number; doc: number }
  | ({ do: 'open tab' } & TabPlan)
  | { do: 'move'; tab: number; node: number }
  | { do: 'repeat'; tab: number }
  | { do: 'swap'; tab: number }
  /** Content that a text document does not take (V4). */
  | { do: 'refused edit'; tab: number; doc: number }
  | { do: 'lie'; node: number; doc: number; what: number; salt: number }
  | { do: 'kill'; node: number }
  | { do: 'start'; node: number }
  | { do: 'stop'; node: number }
  | { do: 'pause'; node: number }
  | { do: 'continue'; node: number }
  | { do: 'clock'; node: number; by: number }
  | { do: 'database'; node: number | 'all'; is: LinkState }
  | { do: 'fault'; node: number; on: Operation; is: StatementFault; times: number }
  | { do: 'bus'; is: 'dead' | 'up' | BusFaults }
  /** Another process compacts the document and needs so long for it. */
  | { do: 'compact'; doc: number; takes: number }
  /** `via`: the node that tells the others; null: it dies before. */
  | { do: 'role'; user: number; role: Role; via: number | null }
  | { do: 'remove'; user: number; via: number | null }
  | { do: 'add'; user: number; via: number | null }
  | { do: 'delete'; doc: number; via: number | null }
  | { do: 'reset'; doc: number }
  | { do: 'backup' }
  /** All nodes are down meanwhile, or the epochs move under their feet. */
  | { do: 'restore'; live: boolean }
  | { do: 'wait' }
  /** A stored row is not what was written, at a place between 0 and 1 of what a load reads. */
  | { do: 'damage'; doc: number; at: number }
  /** By now everybody has everything, whatever is broken. */
  | { do: 'check' };

/** `after` so many milliseconds. A step that has nothing to work on does nothing: any part of a plan is a plan. */
export type Step = Doing & { readonly after?: number };

export interface Plan {
  /** What a kept plan shows; begins with the numbers of its faults and rules. */
  readonly title?: string;
  /** Of what is not in the steps: how long statements take, which messages a faulty bus loses. */
  readonly seed: number;
  readonly nodes: number;
  /** Whether the bus takes bytes of edits, as Redis does. */
  readonly bulk: boolean;
  readonly compactRows: number;
  /** 1,500 where it says nothing, so that a paste goes in parts. */
  readonly maxUpdateBytes?: number;
  readonly tabs: readonly TabPlan[];
  readonly steps: readonly Step[];
  /** Whether cursors are looked at in the end, which takes another 36 s. */
  readonly presence?: boolean;
  /** A promise that it shows to be broken, as long as it is, and why. */
  readonly known?: { readonly kind: string; readonly why: string };
  /** Counters that this plan moves: else it shows nothing. */
  readonly covers?: readonly string[];
  /** From the end of all faults until everybody has everything, in virtual milliseconds. */
  readonly healsWithinMs?: number;
}
