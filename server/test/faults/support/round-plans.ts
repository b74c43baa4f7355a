import { type SeededRandom, seededRandom } from '@tandem/protocol/testing';
import type { ClusterOptions } from './cluster.js';
import { type RoundPlan, VICTIMS } from './round.js';

/** Ways to run; each gets its own stretch of rounds, as its processes take a while to start. */
const SETTINGS: readonly (Pick<ClusterOptions, 'nodes' | 'database'> & { hasRedis: boolean })[] = [
  { nodes: 1, database: 'own', hasRedis: false },
  { nodes: 3, database: 'shared', hasRedis: true },
  { nodes: 2, database: 'shared', hasRedis: false },
  { nodes: 1, database: 'shared', hasRedis: true },
  { nodes: 2, database: 'shared', hasRedis: true },
];
const WRITERS = [20, 60, 200];

export interface Stretch {
  readonly setting: (typeof SETTINGS)[number];
  readonly rounds: readonly RoundPlan[];
}

/**
 * So many rounds from a seed, as even as possible over the ways to run, so that the first few are not all alike. The victims
 * take turns.
 */
export function planRounds(rounds: number, seed: number, maxWriters: number, settings = SETTINGS.length): Stretch[] {
  const random = seededRandom(seed);
  let turn = random.integer(VICTIMS.length);
  return SETTINGS.slice(0, settings).map((setting, place) => {
    const count = Math.floor(rounds / settings) + (place < rounds % settings ? 1 : 0);
    const plans = Array.from({ length: count }, () => planRound(random, turn++, setting.hasRedis, maxWriters));
    return { setting, rounds: plans };
  });
}

function planRound(random: SeededRandom, turn: number, hasRedis: boolean, maxWriters: number): RoundPlan {
  return {
    seed: random.integer(2 ** 31),
    victim: VICTIMS[turn % VICTIMS.length]!,
    writers: Math.min(maxWriters, random.pick(WRITERS)),
    afterMs: 200 + random.integer(2_800),
    flush: hasRedis && random.chance(0.5),
  };
}

export function describePlan({ setting, rounds }: Stretch): string {
  const { nodes, database, hasRedis } = setting;
  const store = database === 'own' ? 'its own PostgreSQL' : `PostgreSQL${hasRedis ? ' and Redis' : ''}`;
  return `${rounds.length} rounds, ${nodes === 1 ? 'one node' : `${nodes} nodes`} with ${store}`;
}
