import type { Samples } from '../samples.ts';
import type { Figures } from './figures.ts';

const ms = (value: number) => value.toFixed(1);
const three = (samples: Samples) => [0.5, 0.95, 0.99].map((share) => ms(samples.quantile(share))).join(' / ');
const two = (samples: Samples) => [0.5, 0.99].map((share) => ms(samples.quantile(share))).join(' / ');

/** What the way takes beyond half of the straight requests, without the making of the context. */
function added(figures: Figures, straight: Figures, share: number): number {
  return figures.firstWithoutContext.quantile(share) - straight.first.quantile(0.5);
}

export function toTable(all: readonly Figures[]): string {
  const [straight] = all as [Figures];
  const head = [
    'way',
    'streams',
    'first delta p50 / p95 / p99 ms',
    'of it context',
    'added p50 / p95 / p99 ms',
    'token -> delta p50 / p99 ms',
    'cancel -> closed p50 / p99 ms',
    'lost or doubled',
    'CPU ms a stream',
  ];
  const rows = all.map((figures) => [
    figures.name,
    `${figures.streams}`,
    three(figures.first),
    figures.context.quantile(1) > 0 ? three(figures.context) : '',
    figures === straight ? '' : [0.5, 0.95, 0.99].map((share) => ms(added(figures, straight, share))).join(' / '),
    two(figures.delta),
    two(figures.cancel),
    `${figures.lost}`,
    [...figures.cpuMs].map(([name, cpu]) => `${name} ${ms(cpu / figures.streams)}`).join(', '),
  ]);
  const table = [head, head.map((_, column) => (column === 0 ? '---' : '---:')), ...rows];
  return table.map((row) => `| ${row.join(' | ')} |`).join('\n');
}

/** p50 and p95 of what Tandem may add, in milliseconds. */
const MOST_ADDED: Readonly<Record<string, readonly [number, number]>> = {
  'Tandem, PostgreSQL': [12, 40],
  'Tandem, Redis': [6, 20],
};
const MOST_CANCEL_P99 = 100;

export function missedTargets(all: readonly Figures[]): string[] {
  const [straight] = all as [Figures];
  const missed: string[] = [];
  for (const figures of all) {
    const { name, lost, faults, cancel } = figures;
    for (const [what, times] of faults) missed.push(`${name}: ${times} ${what}`);
    if (lost > 0) missed.push(`${name}: ${lost} tokens were lost, doubled or wrong`);
    const most = MOST_ADDED[name];
    if (!most) continue;
    for (const [place, share] of [0.5, 0.95].entries()) {
      const value = added(figures, straight, share);
      if (!(value <= most[place]!)) missed.push(`${name}: adds ${ms(value)} ms at p${share * 100}, not ${most[place]}`);
    }
    if (!(cancel.quantile(0.99) <= MOST_CANCEL_P99)) {
      missed.push(`${name}: ${ms(cancel.quantile(0.99))} ms from a cancel at p99, not ${MOST_CANCEL_P99}`);
    }
  }
  return missed;
}
