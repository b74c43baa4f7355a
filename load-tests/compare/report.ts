import { CONTESTANTS, type ContestantName } from './contestants.ts';
import { type Figures, MEASURES, type Measure, type Results } from './results.ts';
import { WORKLOADS, type WorkloadName } from './workloads.ts';

type Column = readonly [
  title: string,
  cell: (own: Figures, of: (server: ContestantName) => Figures | undefined) => string,
];

const count = (value: number): string => {
  if (!Number.isFinite(value)) return '';
  if (value >= 1e6) return `${(value / 1e6).toFixed(2)} M`;
  if (value >= 10_000) return `${(value / 1000).toFixed(0)} k`;
  return value.toFixed(0);
};
const fixed = (value: number | undefined, digits: number): string =>
  value === undefined || !Number.isFinite(value) ? '' : value.toFixed(digits);
const two = (own: Figures, first: string, second: string) => `${fixed(own[first], 1)} / ${fixed(own[second], 1)}`;

const value = (title: string, name: string): Column => [title, (own) => count(own[name]!)];
const decimal = (title: string, name: string, digits = 1): Column => [title, (own) => fixed(own[name], digits)];
const ratio = (title: string, name: string, server: ContestantName): Column => [
  title,
  (own, of) => fixed(own[name]! / (of(server)?.[name] ?? Number.NaN), 2),
];

const COLUMNS: Record<Measure, readonly Column[]> = {
  saturated: [
    value('edits/s', 'edits'),
    value('delivered/s', 'delivered'),
    value('delivered per CPU s of the server', 'perServerSecond'),
    ratio('x Hocuspocus, SQLite', 'perServerSecond', 'hocuspocus-sqlite'),
    ratio('x raw ws', 'perServerSecond', 'ws-relay'),
    value('counting PostgreSQL', 'perSecond'),
    ratio('x Hocuspocus, SQLite', 'perSecond', 'hocuspocus-sqlite'),
    [
      'CPU: server / PostgreSQL / driver',
      (own) => `${fixed(own.serverLoad, 2)} / ${fixed(own.databaseLoad, 2)} / ${fixed(own.driverLoad, 2)}`,
    ],
    ['edit -> ack / other p50 ms', (own) => two(own, 'ackP50', 'otherP50')],
    value('resyncs', 'resyncs'),
  ],
  rate: [
    value('edits/s', 'edits'),
    value('delivered/s', 'delivered'),
    ratio('x Hocuspocus, SQLite', 'delivered', 'hocuspocus-sqlite'),
    ratio('x raw ws', 'delivered', 'ws-relay'),
    decimal('CPU: driver', 'driverLoad', 2),
  ],
  fixed: [
    ['edit -> ack p50 / p99 ms', (own) => two(own, 'ackP50', 'ackP99')],
    ['edit -> other p50 / p99 ms', (own) => two(own, 'otherP50', 'otherP99')],
    [
      'bare commit p50 / p99 ms',
      (own) => (Number.isFinite(own.bareP50) ? `${fixed(own.bareP50, 2)} / ${fixed(own.bareP99, 2)}` : ''),
    ],
    decimal('CPU s of the server for 1 M delivered', 'serverPerMillion'),
    ratio('x Hocuspocus, SQLite', 'serverPerMillion', 'hocuspocus-sqlite'),
    decimal('counting PostgreSQL', 'perMillion'),
    decimal('memory of the server MiB', 'memory', 0),
  ],
  memory: [
    decimal('server with 500 idle connections MiB', 'memory500', 0),
    decimal('each further connection KiB', 'connectionKiB'),
    ratio('x Hocuspocus, SQLite', 'connectionKiB', 'hocuspocus-sqlite'),
    ratio('x raw ws', 'connectionKiB', 'ws-relay'),
  ],
};

const TITLES: Record<Measure, string> = {
  saturated: 'As fast as acks come',
  rate: 'Highest rate with p99 of edit -> other at most 200 ms',
  fixed: 'Fixed load',
  memory: 'Idle connections',
};

/** Markdown: a table for each measure and workload. */
export function report(results: Results): string {
  const parts: string[] = [];
  for (const measure of MEASURES) {
    const workloads: (WorkloadName | undefined)[] =
      measure === 'memory' ? [undefined] : (Object.keys(WORKLOADS) as WorkloadName[]);
    for (const workload of workloads) {
      const table = tableOf(results, measure, workload);
      if (table) parts.push(`${TITLES[measure]}${workload ? `: ${describe(measure, workload)}` : ''}\n\n${table}`);
    }
  }
  return parts.join('\n\n');
}

function describe(measure: Measure, name: WorkloadName): string {
  const workload = WORKLOADS[name];
  const rate = measure === 'fixed' && 'fixedRate' in workload ? `, ${workload.fixedRate} edits/s each` : '';
  return `${workload.label}${rate}`;
}

function tableOf(results: Results, measure: Measure, workload: WorkloadName | undefined): string | undefined {
  const of = (server: ContestantName) => results.median(measure, workload, server);
  const columns = COLUMNS[measure];
  const rows = (Object.keys(CONTESTANTS) as ContestantName[]).flatMap((server) => {
    const own = of(server);
    return own ? [[CONTESTANTS[server].label, ...columns.map(([, cell]) => cell(own, of))]] : [];
  });
  if (rows.length === 0) return undefined;
  const table = [['server', ...columns.map(([title]) => title)], ['---', ...columns.map(() => '---:')], ...rows];
  return table.map((row) => `| ${row.join(' | ')} |`).join('\n');
}
