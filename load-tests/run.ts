// npm run load: people sign in, connect, join, type, move cursors, ask for completions, and come back after a crash. Fails
// when anything is lost, or is slower than its budget. Without names, a short form of all. Settings: README.md.
import { load } from './src/load.ts';
import { SCENARIOS, type Scenario, type ScenarioName } from './src/scenarios.ts';
import { readSettings, type Settings } from './src/settings.ts';
import { type Subject, startSubject } from './src/subject.ts';
import { untilInterrupted } from './src/until-interrupted.ts';
import type { Report } from './src/verdict.ts';

await untilInterrupted(async (signal) => {
  const names = process.argv.slice(2).map(scenarioOf);
  const isShort = names.length === 0;
  const all = Object.keys(SCENARIOS) as ScenarioName[];
  for (const name of isShort ? all.filter((each) => !process.env.URL || each !== 'storm') : names) {
    const settings = readSettings(process.env, name, isShort ? 'short' : 'full');
    const subject = settings.url === undefined ? await startSubject() : given(settings.url);
    try {
      const { report, faults } = await load(subject, name, settings, signal);
      console.log(describe(SCENARIOS[name], settings, report));
      for (const fault of faults) console.error(`FAILED  ${name}: ${fault}`);
      if (faults.length > 0) process.exitCode = 1;
    } finally {
      await subject.stop();
    }
  }
  if (!process.exitCode) console.log('Nothing was lost, and everything is within its budget.');
});

function scenarioOf(name: string): ScenarioName {
  if (!Object.hasOwn(SCENARIOS, name)) throw new Error(`${name} is none of ${Object.keys(SCENARIOS).join(', ')}`);
  return name as ScenarioName;
}

/** A server that runs already. */
function given(url: string): Subject {
  return { url, stop: async () => {} };
}

function describe(scenario: Scenario, settings: Settings, { counters, summaries }: Report): string {
  const { users, documents, budgetFactor } = settings;
  const figures = (metric: string) => {
    const { p50, p95, p99, max } = summaries[metric] ?? {};
    return `p50 ${p50} ms, p95 ${p95} ms, p99 ${p99} ms, at most ${max} ms`;
  };
  return [
    `\n${scenario.title}: ${users} people, ${documents} documents`,
    ...scenario.expected(settings).map(([what, counter]) => `  ${counters[counter] ?? 0} ${what}`),
    ...scenario.budgets.map(
      ({ metric, figure, ms }) => `  ${metric}: ${figures(metric)}; budget ${figure} ${ms * budgetFactor} ms`,
    ),
    `  sign-in: ${figures('http.response_time')}\n`,
  ].join('\n');
}
