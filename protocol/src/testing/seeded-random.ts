/** Random numbers that a seed repeats. */
export interface SeededRandom {
  readonly seed: number;
  /** From 0 to below 1. */
  next(): number;
  /** From 0 to below `below`. */
  integer(below: number): number;
  pick<T>(from: readonly T[]): T;
  chance(probability: number): boolean;
}

/** mulberry32 (Tommy Ettinger, public domain): 32 bits of state, enough for test plans. */
export const seededRandom = (seed: number): SeededRandom => {
  let state = seed >>> 0;
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const integer = (below: number) => Math.floor(next() * below);
  return {
    seed,
    next,
    integer,
    pick: (from) => from[integer(from.length)]!,
    chance: (probability) => next() < probability,
  };
};

/**
 * Runs a property with `rounds` seeds (`ROUNDS` in the environment overrides it), or with the one in `SEED`. A failure
 * names its seed.
 */
export const withSeeds = async (rounds: number, property: (random: SeededRandom) => Promise<void>): Promise<void> => {
  const environment = (globalThis as { process?: { env: Record<string, string | undefined> } }).process?.env ?? {};
  const { SEED, ROUNDS } = environment;
  const first = SEED === undefined ? Math.floor(Math.random() * 2 ** 31) : Number(SEED);
  const last = SEED === undefined ? first + Number(ROUNDS ?? rounds) : first + 1;
  for (let seed = first; seed < last; seed++) {
    try {
      await property(seededRandom(seed));
    } catch (error) {
      throw new Error(`Failed with SEED=${seed}: ${(error as Error).message}`, { cause: error });
    }
  }
};
