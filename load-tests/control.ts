// npm run load:control: do the load tests see what they are there to see? Runs each against small servers that break one
// promise, which must fail, and against honest ones, which must pass. `-- presence` runs the controls of one scenario.
import { LIES, type Lie, TRUTHS, type Truth } from './control/lies.ts';
import { LyingServer } from './control/lying-server.ts';
import { load } from './src/load.ts';
import { SCENARIOS, type ScenarioName } from './src/scenarios.ts';
import { readSettings } from './src/settings.ts';
import { untilInterrupted } from './src/until-interrupted.ts';

const SMALL = { USERS: '3', DOCUMENTS: '1', SECONDS: '2', RAMP_SECONDS: '1', SETTLE_SECONDS: '4' };
/** Has to outlast the time that a liar stays away. */
const SMALL_STORM = { ...SMALL, SETTLE_SECONDS: '10' };

await untilInterrupted(async (signal) => {
  const only = process.argv.slice(2);
  const names = (Object.keys(SCENARIOS) as ScenarioName[]).filter((name) => only.length === 0 || only.includes(name));
  for (const name of names) {
    const truths = (Object.keys(TRUTHS) as Truth[]).filter((truth) => TRUTHS[truth].scenarios.includes(name));
    const lies = Object.keys(LIES[name]) as Lie[];
    for (const lie of [...truths, ...lies]) {
      const truth = lie in TRUTHS ? TRUTHS[lie as Truth] : undefined;
      const title = truth?.title ?? (LIES[name] as Partial<Record<Lie, string>>)[lie];
      const small = { ...(name === 'storm' ? SMALL_STORM : SMALL), BUDGET_FACTOR: truth?.budgetFactor ?? '1' };
      const settings = readSettings(small, name, 'short');
      const server = await LyingServer.start(lie);
      try {
        const { faults } = await load(server, name, settings, signal);
        const isRight = faults.length > 0 === (truth === undefined);
        if (!isRight) process.exitCode = 1;
        const outcome = faults.length > 0 ? 'fails' : 'passes';
        console.log(`${isRight ? 'as it should' : 'WRONG'}: ${name}: a server that ${title} ${outcome}`);
        for (const fault of faults) console.log(`    ${fault}`);
      } finally {
        await server.stop();
      }
    }
  }
});
