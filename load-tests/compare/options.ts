import { parseArgs } from 'node:util';
import { CONTESTANTS, type ContestantName } from './contestants.ts';
import { MEASURES, type Measure } from './results.ts';
import { WORKLOADS, type WorkloadName } from './workloads.ts';

export interface Options {
  readonly servers: readonly ContestantName[];
  readonly workloads: readonly WorkloadName[];
  readonly measures: readonly Measure[];
  /** How long a load is measured, after it has warmed up. */
  readonly seconds: number;
  readonly rounds: number;
  /** Overrides the window of every workload. */
  readonly window: number | undefined;
  readonly check: boolean;
}

export function readOptions(): Options {
  const text = (fallback?: readonly string[]) => ({ type: 'string' as const, default: fallback?.join() });
  const { values } = parseArgs({
    options: {
      servers: text(Object.keys(CONTESTANTS)),
      workloads: text(Object.keys(WORKLOADS)),
      measures: text(MEASURES),
      seconds: text(['5']),
      rounds: text(['5']),
      window: { type: 'string' },
      check: { type: 'boolean', default: false },
    },
  });
  return {
    servers: pick('servers', values.servers, Object.keys(CONTESTANTS) as ContestantName[]),
    workloads: pick('workloads', values.workloads, Object.keys(WORKLOADS) as WorkloadName[]),
    measures: pick('measures', values.measures, MEASURES),
    seconds: within('seconds', values.seconds, 60),
    rounds: within('rounds', values.rounds, 20),
    window: values.window === undefined ? undefined : within('window', values.window, 1000),
    check: values.check,
  };
}

function pick<T extends string>(flag: string, list: string | undefined, known: readonly T[]): T[] {
  return (list ?? '').split(',').map((name) => {
    const found = known.find((candidate) => candidate === name);
    if (!found) throw new Error(`--${flag}: ${name} is none of ${known.join()}`);
    return found;
  });
}

function within(flag: string, text: string | undefined, most: number): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1 || value > most) throw new Error(`--${flag} must be 1 to ${most}`);
  return value;
}
