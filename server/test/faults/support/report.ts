import { appendFileSync } from 'node:fs';
import type { Ledger } from './ledger.js';
import type { Violation } from './oracle.js';

/** Where `npm run test:faults` gathers what all specs report. */
const FILE = process.env.TANDEM_FAULTS_REPORT;

/** One line of the write-up: it belongs to the output of a run that succeeds, too. */
export function report(fault: string, facts: Readonly<Record<string, number | string>>): void {
  const words = Object.entries(facts).map(([name, value]) => `${name} ${value}`);
  process.stdout.write(`faults: ${fault}: ${words.join(', ')}\n`);
  if (FILE) appendFileSync(FILE, `${JSON.stringify({ fault, ...facts })}\n`);
}

/** What a ledger knows, for `report`. */
export function countsOf(ledger: Ledger): Record<string, number> {
  const { acked, unknown, seen } = ledger.counts();
  return { acked, unknown, seen, 'slowest ack ms': Math.round(ledger.slowestAckMs) };
}

export function describeViolations(violations: readonly Violation[]): string {
  const counts = new Map<string, number>();
  for (const { rule, where, count } of violations) {
    const what = `${rule} (${where})`;
    counts.set(what, (counts.get(what) ?? 0) + count);
  }
  return [...counts].map(([what, count]) => `${what}: ${count}`).join('; ') || 'nothing lost, all equal';
}
