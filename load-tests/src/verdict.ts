import type { Doing, Scenario } from './scenarios.ts';

/** What Artillery counted and measured, the part of its report that is judged. Durations are milliseconds. */
export interface Report {
  readonly counters: Readonly<Record<string, number>>;
  readonly summaries: Readonly<Record<string, Summary>>;
}

export interface Summary {
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
  readonly max: number;
}

/** What the server says it holds of one document. */
export interface Held {
  readonly seq: number;
  readonly characters: number;
}

export interface Evidence {
  readonly report: Report;
  readonly before: readonly Held[];
  readonly after: readonly Held[];
}

/** What is wrong, one line each; empty when everything that was done is counted, held, and within its budgets. */
export function judge(scenario: Scenario, doing: Doing & { budgetFactor: number }, evidence: Evidence): string[] {
  const { report, before, after } = evidence;
  const { counters } = report;
  const errors = Object.entries(counters).filter(([name, count]) => name.startsWith('errors.') && count > 0);
  const total = (held: readonly Held[], what: keyof Held) => held.reduce((sum, document) => sum + document[what], 0);
  const growth = (what: keyof Held) => total(after, what) - total(before, what);
  const compared: (readonly [string, number, number | 'some'])[] = [
    ['people who went on to the end', counters['vusers.completed'] ?? 0, doing.users],
    ...scenario.expected(doing).map(([what, counter, count]) => [what, counters[counter] ?? 0, count] as const),
    ['growth of seq in all documents', growth('seq'), scenario.keys(doing)],
    ['growth in characters of all documents', growth('characters'), scenario.keys(doing)],
  ];
  return [
    ...errors.map(([name, count]) => `${name.slice('errors.'.length)}: ${count} times`),
    ...compared
      .filter(([, found, expected]) => (expected === 'some' ? found === 0 : found !== expected))
      .map(([what, found, expected]) => `${what}: ${expected === 'some' ? 'none' : `${found} of ${expected}`}`),
    ...overBudget(scenario, doing.budgetFactor, report),
  ];
}

/** A budget without a single measurement is missed too. */
function overBudget({ budgets }: Scenario, factor: number, { summaries }: Report): string[] {
  return budgets.flatMap(({ metric, figure, ms }) => {
    const found = summaries[metric]?.[figure];
    const budget = ms * factor;
    if (found !== undefined && found <= budget) return [];
    return [`over budget: ${metric} ${figure} is ${found ?? 'unknown'}, not at most ${budget} ms`];
  });
}
