import '../../src/testing/simulation/virtual-globals.js';
import { readdirSync, readFileSync } from 'node:fs';
import { afterAll, describe, expect, it } from '@jest/globals';
import { giveBack } from '../../src/testing/simulation/virtual-globals.js';
import type { Plan } from './support/plan.js';

const { runPlan } = await import('./support/run-plan.js');

afterAll(giveBack);

const folder = new URL('plans/', import.meta.url);
const plans = readdirSync(folder)
  .sort()
  .map((file) => JSON.parse(readFileSync(new URL(file, folder), 'utf8')) as Plan);

/** With TRACE=1 everything that crosses a wire is told: choose a plan by `-t`. */
const trace = process.env.TRACE ? (line: string) => void process.stdout.write(`${line}\n`) : undefined;

const titled = (isKnown: boolean) =>
  plans.filter(({ known }) => (known !== undefined) === isKnown).map((plan) => [plan.title, plan] as const);

describe('plans that are kept', () => {
  it.each(titled(false))('%s', async (_title, plan) => {
    const { violation, world } = await runPlan(plan, {}, trace);
    if (violation) throw violation;
    expect(world.coverage.missing(plan.covers ?? [])).toEqual([]);
  });

  // Who mends it makes an ordinary plan of it: without `known`.
  for (const [title, plan] of titled(true)) {
    it(`known, and not mended: ${title}`, async () => {
      const { violation, world } = await runPlan(plan, {}, trace);
      expect(violation?.kind).toBe(plan.known!.kind);
      expect(world.coverage.missing(plan.covers ?? [])).toEqual([]);
    });
  }
});
