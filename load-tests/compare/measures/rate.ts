import type { Running } from '../contestants.ts';
import type { Workload } from '../workloads.ts';
import { drain, openSession } from './session.ts';
import { typeAtRate } from './typing.ts';
import { startUsage } from './usage.ts';

const P99_MS = 200;
const WARM_UP_MS = 1000;
const MEASURED_MS = 2000;
/** What has not arrived by then was late. */
const DRAIN_MS = 1000;
const MOST_STEPS = 12;
const BISECTIONS = 3;

interface Cell {
  readonly isGood: boolean;
  readonly p99: number;
  readonly driverLoad: number;
}

/**
 * The highest rate at which 99 % of the edits are with another editor within 200 ms: doubled until it fails, or halved until
 * it holds, then bisected. A rate has failed when it failed twice. `restart` gives a fresh server after each failure.
 */
export async function highestRate(start: Running, workload: Workload, restart: () => Promise<Running>) {
  let running = start;
  let driverLoad = 0;
  const holds = async (rate: number) => {
    for (let attempt = 0; attempt < 2; attempt++) {
      const cell = await tryRate(running, workload, rate);
      const outcome = cell.isGood ? 'holds' : 'fails';
      console.error(`  ${Math.round(rate)} edits/s ${outcome}: p99 ${cell.p99.toFixed(0)} ms`);
      if (cell.isGood) {
        driverLoad = cell.driverLoad;
        return true;
      }
      running = await restart();
    }
    return false;
  };
  let good = 0;
  let bad = Number.POSITIVE_INFINITY;
  for (let rate = workload.firstRate, n = 0; n < MOST_STEPS && (good === 0 || bad === Number.POSITIVE_INFINITY); n++) {
    if (await holds(rate)) {
      good = rate;
      rate *= 2;
    } else {
      bad = rate;
      rate /= 2;
    }
  }
  for (let n = 0; n < BISECTIONS && Number.isFinite(bad); n++) {
    const middle = (good + bad) / 2;
    if (await holds(middle)) good = middle;
    else bad = middle;
  }
  return { edits: good, delivered: good * (workload.writers - 1), driverLoad };
}

async function tryRate(running: Running, workload: Workload, rate: number): Promise<Cell> {
  const session = await openSession(running, workload);
  const { ledger, peers } = session;
  const outcome = (isGood: boolean, driverLoad = 0): Cell => ({
    isGood,
    p99: ledger.toOther.quantile(0.99),
    driverLoad,
  });
  try {
    if (!(await typeAtRate(peers, rate, WARM_UP_MS, 'due'))) return outcome(false);
    ledger.toOther.clear();
    const stop = startUsage(running, ledger);
    if (!(await typeAtRate(peers, rate, MEASURED_MS, 'due'))) return outcome(false);
    const { driver, wall } = stop();
    if (ledger.toOther.quantile(0.99) > P99_MS) return outcome(false);
    const isDrained = await drain(session, DRAIN_MS).then(
      () => true,
      () => false,
    );
    return outcome(isDrained && ledger.toOther.quantile(0.99) <= P99_MS, driver / wall);
  } finally {
    session.close();
  }
}
