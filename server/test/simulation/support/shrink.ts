import { shrinkList } from '@tandem/protocol/testing';
import type { Plan } from './plan.js';

/** A smaller plan that still fails: without steps, tabs and waiting that it fails without. Asks at most `budget` times. */
export async function shrink(plan: Plan, fails: (plan: Plan) => Promise<boolean>, budget = 400): Promise<Plan> {
  let asked = 0;
  const stillFails = async (candidate: Plan) => asked++ < budget && (await fails(candidate));
  const steps = await shrinkList(plan.steps, (some) => stillFails({ ...plan, steps: some }));
  const tabs = await shrinkList(plan.tabs, (some) => stillFails({ ...plan, steps, tabs: some }));
  let smallest: Plan = { ...plan, steps, tabs };
  for (const [at, step] of steps.entries()) {
    if (!step.after) continue;
    const hasty = { ...smallest, steps: smallest.steps.with(at, { ...step, after: 0 }) };
    if (await stillFails(hasty)) smallest = hasty;
  }
  return smallest;
}

/** One step on a line, as plans are kept. */
export function printPlan(plan: Plan): string {
  const { steps, tabs, ...rest } = plan;
  const lines = (name: string, items: readonly object[]) =>
    `  ${JSON.stringify(name)}: [\n${items.map((item) => `    ${JSON.stringify(item)}`).join(',\n')}\n  ]`;
  const head = Object.entries(rest).map(([key, value]) => `  ${JSON.stringify(key)}: ${JSON.stringify(value)}`);
  return `{\n${[...head, lines('tabs', tabs), lines('steps', steps)].join(',\n')}\n}\n`;
}
