import { type SeededRandom, seededRandom } from '@tandem/protocol/testing';
import { OPERATIONS } from '../../../src/testing/simulation/database-link.js';
import { LIES } from './liar.js';
import type { Plan, Step, TabPlan } from './plan.js';

/** How often which step comes in a plan of a kind; the rest are edits. */
type Weights = Partial<Record<Step['do'], number>>;

const CALM: Weights = { edit: 100, paste: 2, cursor: 6, wait: 4, cut: 2, slow: 1, read: 2, reopen: 1 };

/** Each plan is about one kind of trouble, so that it comes thick. */
const KINDS: Record<string, Weights> = {
  network: { cut: 12, slow: 8, read: 10, move: 5, repeat: 8, swap: 8, 'crash tab': 3, 'close tab': 2, 'open tab': 6 },
  nodes: { kill: 6, start: 9, stop: 3, pause: 5, continue: 8, clock: 3, move: 4, cut: 3 },
  database: { fault: 18, database: 8, compact: 3, kill: 1, start: 2 },
  bus: { bus: 10, move: 4, compact: 3, cut: 3 },
  moves: { move: 25, fault: 12, cut: 4, 'open tab': 0 },
  rights: { role: 10, remove: 5, add: 8, delete: 0.3, bus: 3, fault: 4 },
  ids: {
    'open tab': 8,
    reopen: 6,
    'crash tab': 4,
    'close tab': 3,
    cut: 10,
    move: 6,
    'refused edit': 3,
    repeat: 4,
    swap: 3,
  },
  epochs: { reset: 2, backup: 4, restore: 2, cut: 6, fault: 3, 'crash tab': 2, 'open tab': 4, compact: 2 },
  liars: { lie: 25, repeat: 3, swap: 3 },
  everything: {
    ...{ cut: 4, slow: 2, read: 3, move: 2, repeat: 2, swap: 2, 'crash tab': 1, 'open tab': 3, 'refused edit': 1 },
    ...{ kill: 2, start: 3, stop: 1, pause: 1, continue: 2, clock: 1, database: 3, fault: 5, bus: 4, compact: 2 },
    ...{ role: 2, remove: 1, add: 2, reset: 0.5, backup: 1, restore: 0.4, lie: 3 },
  },
};

const NAMES = Object.keys(KINDS);
const STEPS = 110;

/** The plan of a seed. */
export function generatePlan(seed: number): Plan {
  const random = seededRandom(seed);
  return new Generator(random, NAMES[seed % NAMES.length]!).plan(seed);
}

class Generator {
  private readonly nodes: number;
  private readonly weights: [Step['do'], number][];
  private readonly total: number;
  /** Of each tab. */
  private readonly users: number[] = [];

  constructor(
    private readonly random: SeededRandom,
    private readonly kind: string,
  ) {
    this.nodes = kind === 'moves' ? 2 : kind === 'bus' ? 2 + random.integer(2) : 1 + random.integer(3);
    this.weights = Object.entries({ ...CALM, ...KINDS[kind] }) as [Step['do'], number][];
    this.total = this.weights.reduce((sum, [, weight]) => sum + weight, 0);
  }

  plan(seed: number): Plan {
    const { random, nodes } = this;
    const tabs = Array.from({ length: this.kind === 'moves' ? 2 : 2 + random.integer(3) }, () => this.newTab());
    const steps = Array.from({ length: STEPS }, () => this.step());
    const bulk = random.chance(0.5);
    return { seed, nodes, bulk, compactRows: 6 + random.integer(40), presence: random.chance(0.25), tabs, steps };
  }

  private newTab(): TabPlan {
    const { random } = this;
    const user = random.integer(4);
    const tab = this.users.push(user) - 1;
    const docs = random.chance(0.3) ? [0, 1] : [0];
    return { tab, user, node: this.node(), docs, latency: random.pick([1, 1, 3, 8, 40]) };
  }

  /**
   * Under the client id of a tab of somebody else. Of one person, two tabs under one id can lose text and nobody can tell
   * (known.spec.ts).
   */
  private twin(): { idOf?: number } {
    const { random, users } = this;
    const user = users.at(-1)!;
    const others = [...users.keys()].filter((tab) => users[tab] !== user);
    return others.length > 0 && random.chance(0.4) ? { idOf: random.pick(others) } : {};
  }

  private step(): Step {
    const step = this.doing(this.next());
    // Longer than edits wait for a database that is away (V6).
    if (step.do === 'wait' && this.random.chance(0.1)) return { ...step, after: 31_000 };
    return { ...step, after: this.pause() };
  }

  private next(): Step['do'] {
    let dice = this.random.next() * this.total;
    for (const [kind, weight] of this.weights) {
      dice -= weight;
      if (dice < 0) return kind;
    }
    return 'edit';
  }

  /** Mostly in the same moment; seldom long enough for time-outs. */
  private pause(): number {
    const { random } = this;
    const dice = random.next();
    // An editor comes and goes while its edits wait for a slow commit.
    if (this.kind === 'moves' && dice < 0.3) return random.integer(800);
    if (dice < 0.45) return 0;
    if (dice < 0.75) return random.integer(5);
    if (dice < 0.92) return random.integer(60);
    if (dice < 0.99) return random.integer(1_500);
    return random.integer(8_000);
  }

  private doing(kind: Step['do']): Step {
    const { random } = this;
    const tab = this.tab();
    const node = this.node();
    const doc = random.chance(0.85) ? 0 : 1;
    const at = random.next();
    const via = random.chance(0.8) ? node : null;
    const user = random.integer(4);
    switch (kind) {
      case 'edit':
        if (random.chance(0.3)) return { do: kind, tab, doc, at, remove: 1 + random.integer(3) };
        return { do: kind, tab, doc, at, insert: 1 + random.integer(2), times: random.chance(0.2) ? 5 : 1 };
      case 'paste':
        return { do: kind, tab, doc, at, size: 1_600 + random.integer(3_000) };
      case 'cursor':
        return { do: kind, tab, doc, at };
      case 'cut':
        return { do: kind, tab, ...this.ends(), lossy: random.chance(0.5) };
      case 'open tab':
        return { do: kind, ...this.newTab(), ...this.twin() };
      case 'move':
        return { do: kind, tab, node };
      case 'reopen':
      case 'refused edit':
        return { do: kind, tab, doc };
      case 'lie':
        return { do: kind, node, doc, what: random.integer(LIES), salt: random.integer(1_000_000) };
      case 'clock':
        return { do: kind, node, by: (random.integer(3) - 1) * 600_000 };
      case 'database':
        return {
          do: kind,
          node: random.chance(0.4) ? 'all' : node,
          is: random.pick(['up', 'up', 'up', 'refused', 'silent', 'full'] as const),
        };
      case 'fault':
        if (this.kind === 'moves')
          return { do: kind, node, on: 'append', is: random.pick(['slow', 'slow', 'late', 'lost'] as const), times: 2 };
        return {
          do: kind,
          node,
          on: random.chance(0.5) ? 'append' : random.pick(OPERATIONS),
          is: random.pick(['lost', 'unknown', 'unknown', 'late', 'slow', 'corrupt'] as const),
          times: 1 + random.integer(3),
        };
      case 'bus':
        return {
          do: kind,
          is: random.pick([
            'up',
            'dead',
            { lost: 0.3, doubled: 0.3, reordered: 0.3 },
            { lost: 0, doubled: 0.5, reordered: 0.8 },
          ]),
        };
      case 'compact':
        return { do: kind, doc, takes: random.integer(100) };
      case 'role':
        return { do: kind, user, role: random.pick(['viewer', 'commenter', 'editor', 'maintainer'] as const), via };
      case 'remove':
      case 'add':
        return { do: kind, user, via };
      case 'delete':
        return { do: kind, doc: 1, via };
      case 'reset':
        return { do: kind, doc };
      case 'damage':
        return { do: kind, doc, at };
      case 'check':
      case 'backup':
      case 'wait':
        return { do: kind };
      case 'restore':
        return { do: kind, live: random.chance(0.3) };
      case 'slow':
      case 'read':
      case 'crash tab':
      case 'close tab':
      case 'repeat':
      case 'swap':
        return { do: kind, tab };
      case 'kill':
      case 'start':
      case 'stop':
      case 'pause':
      case 'continue':
        return { do: kind, node };
    }
  }

  private ends(): { client: number; server: number } {
    const { random } = this;
    const soon = () => random.integer(4);
    const late = () => 1_000 + random.integer(44_000);
    // Both see a reset connection; of a half-open one, one end or both learn by the ping.
    const [client, server] = random.pick([
      [soon, soon],
      [soon, soon],
      [soon, late],
      [late, soon],
      [late, late],
    ]);
    return { client: client(), server: server() };
  }

  private tab(): number {
    return this.random.integer(Math.max(1, this.users.length));
  }

  private node(): number {
    return this.random.integer(this.nodes);
  }
}
