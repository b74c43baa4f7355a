import '../../src/testing/simulation/virtual-globals.js';
import { afterAll, describe, expect, it } from '@jest/globals';
import { giveBack, realNow } from '../../src/testing/simulation/virtual-globals.js';
import type { Plan } from './support/plan.js';

const { Coverage } = await import('./support/coverage.js');
const { generatePlan } = await import('./support/generate.js');
const { runPlan } = await import('./support/run-plan.js');
const { printPlan, shrink } = await import('./support/shrink.js');
const { REQUIRED, STANDARD_PLANS } = await import('./support/standard.js');

const { SEED, ROUNDS } = process.env;
const rounds = Number(ROUNDS ?? (SEED ? 1 : STANDARD_PLANS));
/** The standard plans are always the same ones; a longer run takes others each time. */
const first = Number(SEED ?? (ROUNDS ? Math.floor(Math.random() * 2 ** 30) : 1));

const coverage = new Coverage();
const figures = { plans: 0, steps: 0, turns: 0, virtualMs: 0, ms: 0, cpuMs: 0 };

afterAll(() => {
  giveBack();
  const { plans, steps, turns, virtualMs, ms, cpuMs } = figures;
  const perSecond = (count: number) => Math.round(count / (ms / 1000));
  process.stdout.write(
    `simulation: SEED=${first}, ${plans} plans, ${steps} steps (${perSecond(steps)}/s), ${turns} turns (${perSecond(turns)}/s), ` +
      `${Math.round(virtualMs / 60_000)} virtual minutes in ${(ms / 1000).toFixed(1)} s (${(cpuMs / 1000).toFixed(1)} s of CPU)\n  ${coverage}\n`,
  );
});

async function happen(seed: number): Promise<void> {
  const plan = generatePlan(seed);
  const began = realNow();
  const cpu = process.cpuUsage();
  const { violation, world } = await runPlan(plan);
  figures.plans++;
  figures.steps += plan.steps.length;
  figures.turns += world.loop.turns;
  figures.virtualMs += world.loop.now;
  figures.ms += realNow() - began;
  const { user, system } = process.cpuUsage(cpu);
  figures.cpuMs += (user + system) / 1000;
  coverage.add(world.coverage);
  if (violation) throw new Error(`SEED=${seed}: ${violation.message}\n${await smallest(plan, violation.kind)}`);
}

async function smallest(plan: Plan, kind: string): Promise<string> {
  const small = await shrink(plan, async (one) => (await runPlan(one)).violation?.kind === kind);
  const { violation } = await runPlan(small);
  return `The smallest plan that fails like this (${violation?.message}); to be kept as server/test/simulation/plans/<name>.json:\n${printPlan(small)}`;
}

describe('the core under a simulated network, clock, log and bus', () => {
  it(
    `D1 to D8, V1 to V6: ${rounds} random plans from SEED=${first} on keep every promise`,
    async () => {
      for (let seed = first; seed < first + rounds; seed++) await happen(seed);
    },
    240_000 + rounds * 4_000,
  );

  it('every kind of trouble came up, and every answer to it', () => {
    if (rounds >= STANDARD_PLANS) expect(coverage.missing(REQUIRED)).toEqual([]);
    else expect(coverage.counts.size).toBeGreaterThan(0);
  });

  it('one seed is always the same run', async () => {
    const [once, again] = [[] as string[], [] as string[]];
    // Of each kind of plan one.
    for (let seed = 1; seed <= 10; seed++) {
      await runPlan(generatePlan(seed), {}, (line) => once.push(line));
      await runPlan(generatePlan(seed), {}, (line) => again.push(line));
    }
    expect(once.length).toBeGreaterThan(1_000);
    const parted = once.findIndex((line, index) => line !== again[index]);
    expect([parted, again[parted], again.length]).toEqual([-1, once[parted], once.length]);
  });
});
