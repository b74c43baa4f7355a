import { heal } from './heal.js';
import { leave } from './leave.js';
import { judge } from './oracle.js';
import type { Plan } from './plan.js';
import { judgePresence } from './presence.js';
import { Steps } from './steps.js';
import type { Violation } from './violation.js';
import { type Flaws, World } from './world.js';

export interface Outcome {
  readonly violation: Violation | undefined;
  readonly world: World;
  /** From the end of the faults until everything was at rest, in virtual milliseconds. */
  readonly healedMs: number;
}

/** Lets a plan happen, heals the world and judges it. The same plan always comes to the same. */
/** `trace` is told of everything that crosses a wire. */
export async function runPlan(plan: Plan, flaws: Flaws = {}, trace?: (line: string) => void): Promise<Outcome> {
  const world = new World(plan, flaws, trace);
  return world.loop.run(async () => {
    for (let node = 0; node < plan.nodes; node++) world.startNode(node);
    for (const tab of plan.tabs) await world.openTab(tab);
    await world.loop.pass(100);
    const steps = new Steps(world);
    for (const step of plan.steps) {
      trace?.(`${Math.round(world.loop.now)} STEP ${JSON.stringify(step)}`);
      await steps.take(step);
      if (world.violations.length > 0) break;
    }
    let healedMs = 0;
    for (const part of [
      async () => (healedMs = await heal(world)),
      () => judge(world),
      () => judgePresence(world),
      () => leave(world),
    ]) {
      if (world.violations.length === 0) await part();
    }
    if (plan.healsWithinMs !== undefined && healedMs > plan.healsWithinMs) {
      world.violate('it healed too late', `${healedMs} ms`);
    }
    return { violation: world.violations[0], world, healedMs };
  });
}
