import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, test } from '@jest/globals';
import { seededRandom, withSeeds } from '@tandem/protocol/testing';
import { eventually } from '../../src/testing/eventually.js';
import { stopAllServers } from '../../src/testing/server-process.js';
import { Ledger } from './support/ledger.js';
import type { Violation } from './support/oracle.js';
import { after, Round, type RoundPlan, type RoundRecord } from './support/round.js';
import { type Fault, Site } from './support/site.js';

const ROUNDS = Number(process.env.ROUNDS ?? 5);
const FAULTS: readonly Fault[] = ['server', 'postgres', 'both', 'backend'];
const EARLY_ACK = fileURLToPath(new URL('./support/early-ack-server.mjs', import.meta.url));

describe('twenty writers type, and a process is killed with -9', () => {
  let site: Site | undefined;
  let round: Round | undefined;

  afterEach(async () => {
    await round?.close();
    await site?.stop();
    await stopAllServers();
    round = site = undefined;
  });

  test(
    'D1, F1, F2, F3: the server, PostgreSQL, both, a backend: nothing that was acknowledged or seen is missing, and all replicas are equal',
    async () => {
      site = await Site.start();
      const ledger = new Ledger();
      await withSeeds(ROUNDS, async (random) => {
        const fault = FAULTS[random.seed % FAULTS.length]!;
        const afterMs = 200 + random.integer(2_800);
        round = new Round(site!, random, ledger);
        const record = await round.run({ fault, moment: after(afterMs) });
        await round.close();
        say(`SEED=${random.seed}: ${fault} killed after ${afterMs} ms, ${describeRecord(record)}`);
        if (record.violations.length > 0) say(site!.log);
        expect(record.violations).toEqual([]);
      });
      // What it lived through must not keep it from ending well.
      expect(await site.stop()).toBe(0);
    },
    60_000 + ROUNDS * 60_000,
  );

  test('D1, negative control: a server that acknowledges before it commits fails the same test', async () => {
    site = await Site.start(EARLY_ACK);
    const random = seededRandom(1);
    const ledger = new Ledger();
    round = new Round(site, random, ledger);
    // All of it within the delay of the commit.
    const moment: RoundPlan['moment'] = () => eventually('much is acknowledged', () => ledger.counts().acked > 200);
    const record = await round.run({ fault: 'server', moment });
    say(`acknowledged before the commit: server killed, ${describeRecord(record)}`);
    const rules = record.violations.map(({ rule }) => rule);
    expect(rules).toContain('an acknowledged update is missing');
    expect(rules).toContain('an update that somebody saw is missing');
  }, 120_000);
});

function describeRecord({ counts, storedUnknown, readyAfterMs, ackAfterMs, violations }: RoundRecord): string {
  const { acked, unknown, seen } = counts;
  const seconds = (ms: number) => `${(ms / 1000).toFixed(1)} s`;
  return [
    `${acked} acked, ${unknown} unknown, ${seen} seen`,
    ...(storedUnknown === undefined ? [] : [`${storedUnknown} stored before anybody was told`]),
    `ready after ${seconds(readyAfterMs)}`,
    ...(ackAfterMs === undefined ? [] : [`first ack ${seconds(ackAfterMs)} later`]),
    describeViolations(violations),
  ].join('; ');
}

function describeViolations(violations: readonly Violation[]): string {
  const counts = new Map<string, number>();
  for (const { rule, where, count } of violations) {
    const what = `${rule} (${where})`;
    counts.set(what, (counts.get(what) ?? 0) + count);
  }
  return [...counts].map(([what, count]) => `${what}: ${count}`).join(', ') || 'nothing lost, all equal';
}

/** The record of a round belongs to the output of a run that succeeds, too. */
function say(line: string): void {
  process.stdout.write(`crash: ${line}\n`);
}
