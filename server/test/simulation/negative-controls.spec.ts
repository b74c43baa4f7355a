import '../../src/testing/simulation/virtual-globals.js';
import { afterAll, describe, expect, it } from '@jest/globals';
import { giveBack } from '../../src/testing/simulation/virtual-globals.js';

const { FLAWS } = await import('./support/flaws.js');
const { generatePlan } = await import('./support/generate.js');
const { runPlan } = await import('./support/run-plan.js');
const { shrink } = await import('./support/shrink.js');
const { STANDARD_PLANS } = await import('./support/standard.js');

afterAll(giveBack);

/** The first of the standard plans that finds it. */
async function find(flaws: (typeof FLAWS)[number][1]) {
  for (let seed = 1; seed <= STANDARD_PLANS; seed++) {
    const plan = generatePlan(seed);
    const { violation } = await runPlan(plan, flaws);
    if (violation) return { plan, violation };
  }
  throw new Error(`not found in ${STANDARD_PLANS} plans`);
}

describe('negative controls: the standard plans find', () => {
  it.each(FLAWS)('%s', async (_what, flaws, kinds) => {
    const { violation } = await find(flaws);
    expect(kinds).toContain(violation.kind);
  });

  it('a fault and make a small plan of it', async () => {
    const [, flaws] = FLAWS.find(([what]) => what === 'no fence at a removal')!;
    const { plan, violation } = await find(flaws);
    const small = await shrink(plan, async (one) => (await runPlan(one, flaws)).violation?.kind === violation.kind);
    expect(small.steps.length).toBeLessThan(plan.steps.length / 4);
    expect((await runPlan(small, flaws)).violation?.kind).toBe(violation.kind);
    expect((await runPlan(small)).violation).toBeUndefined();
  });
});
