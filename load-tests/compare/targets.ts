import type { ContestantName } from './contestants.ts';
import type { Figures, Measure, Results } from './results.ts';
import type { WorkloadName } from './workloads.ts';

const TANDEM: readonly ContestantName[] = ['tandem', 'tandem-packed'];
const REFERENCE: ContestantName = 'hocuspocus-sqlite';

/** `bound` is what `found` may be at the least, or at the most. */
interface Target {
  readonly what: string;
  readonly found: number;
  readonly bound: number;
  readonly is: 'at least' | 'at most';
}

/** What was measured and misses its target, one line each. What was not measured is not judged. */
export function missed(results: Results): string[] {
  return TANDEM.flatMap((server) =>
    targets(results, server)
      .filter(({ found, bound, is }) => !(is === 'at least' ? found >= bound : found <= bound))
      .map(({ what, found, bound, is }) => `${server}, ${what}: ${found.toFixed(2)}, not ${is} ${bound.toFixed(2)}`),
  );
}

function targets(results: Results, server: ContestantName): Target[] {
  const all: Target[] = [];
  const compare = (
    measure: Measure,
    workload: WorkloadName | undefined,
    others: readonly ContestantName[],
    judge: (own: Figures, other: Figures, name: ContestantName) => Target[],
  ) => {
    const own = results.median(measure, workload, server);
    for (const name of others) {
      const other = results.median(measure, workload, name);
      if (own && other) all.push(...judge(own, other, name));
    }
  };
  for (const workload of ['w1', 'w2', 'w3'] as const) {
    compare('saturated', workload, [REFERENCE], (own, other) => [
      ...times(`${workload} delivered per CPU second`, own, other, 'perServerSecond', 5),
      ...times(`${workload} counting PostgreSQL`, own, other, 'perSecond', 3.5),
    ]);
    const rate = workload === 'w1' ? 3 : 5;
    compare('rate', workload, [REFERENCE], (own, other) =>
      times(`${workload} highest rate`, own, other, 'delivered', rate),
    );
  }
  compare('fixed', 'w1', [REFERENCE], (own, other) => [
    atMost('w1 CPU for each delivered update', own.serverPerMillion!, other.serverPerMillion!),
  ]);
  compare('fixed', 'w1', [REFERENCE, 'y-socket.io'], (own, other, name) => [
    atMost(`w1 memory beside ${name}`, own.memory!, other.memory!),
  ]);
  compare('memory', undefined, [REFERENCE, 'y-socket.io'], (own, other, name) => [
    atMost(`memory of an idle connection beside ${name}`, own.connectionKiB!, other.connectionKiB!),
    atMost(`memory of the server beside ${name}`, own.memory500!, other.memory500!),
  ]);
  return [...all, ...latencies(results, server)];
}

function latencies(results: Results, server: ContestantName): Target[] {
  const w1 = results.median('fixed', 'w1', server);
  const w3 = results.median('fixed', 'w3', server);
  return [
    ...(w1
      ? [
          atMost('w1 edit -> ack p50 beside a bare commit', w1.ackP50!, Math.max(2.5 * w1.bareP50!, w1.bareP50! + 2)),
          atMost('w1 edit -> other p50 beside the ack', w1.otherP50!, w1.ackP50! + 1),
        ]
      : []),
    ...(w3 ? [atMost('w3 edit -> ack p99 beside a bare commit', w3.ackP99!, 5 * w3.bareP99!)] : []),
  ];
}

const atMost = (what: string, found: number, bound: number): Target => ({ what, found, bound, is: 'at most' });

const times = (what: string, own: Figures, other: Figures, name: string, bound: number): Target[] => [
  { what, found: own[name]! / other[name]!, bound, is: 'at least' },
];
