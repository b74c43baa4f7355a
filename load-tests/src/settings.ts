import { type Defaults, type Doing, SCENARIOS, type ScenarioName } from './scenarios.ts';

/** How much load, within bounds that end every run by itself. */
export interface Settings extends Doing {
  /** A server that runs already, on loopback; absent: one is started for the run. */
  readonly url?: string;
  /** What budgets are multiplied by, for a slower machine. */
  readonly budgetFactor: number;
}

export function readSettings(
  env: Readonly<Record<string, string | undefined>>,
  name: ScenarioName,
  length: 'full' | 'short',
): Settings {
  const defaults: Defaults = SCENARIOS[name][length];
  const read = (key: string, fallback: number, max: number): number => {
    const value = Number(env[key] || fallback);
    if (!Number.isInteger(value) || value < 1 || value > max) throw new Error(`${key} must be 1 to ${max}`);
    return value;
  };
  const users = read('USERS', defaults.users, 500);
  const seconds = read('SECONDS', defaults.seconds, 300);
  const perSecond = read('PER_SECOND', defaults.perSecond, 20);
  return {
    ...(env.URL ? { url: env.URL } : {}),
    users,
    documents: 'ownDocuments' in SCENARIOS[name] ? users : read('DOCUMENTS', defaults.documents, 100),
    seconds,
    perSecond,
    times: seconds * perSecond,
    rampSeconds: read('RAMP_SECONDS', defaults.rampSeconds, 60),
    settleSeconds: read('SETTLE_SECONDS', defaults.settleSeconds, 60),
    budgetFactor: read('BUDGET_FACTOR', 1, 20),
  };
}
