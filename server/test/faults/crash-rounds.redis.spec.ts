import { afterEach, expect, it } from '@jest/globals';
import { describeWith } from '../../src/testing/requires.js';
import { stopAllServers } from '../../src/testing/server-process.js';
import { Cluster } from './support/cluster.js';
import { Ledger } from './support/ledger.js';
import { describeViolations, report } from './support/report.js';
import { Round, type RoundPlan, type RoundRecord } from './support/round.js';
import { describePlan, planRounds } from './support/round-plans.js';
import { IS_LONG, SEED } from './support/trial.js';

const ROUNDS = Number(process.env.ROUNDS ?? (IS_LONG ? 100 : 5));
const MAX_WRITERS = Number(process.env.WRITERS ?? (IS_LONG ? 200 : 20));
/** The short form starts no more processes than it has to: alone, and three with all there is. */
const STRETCHES = planRounds(ROUNDS, SEED, MAX_WRITERS, IS_LONG ? undefined : 2);
const DOCUMENTS = 4;
/** Documents live through so many rounds, then others take their place: they must not grow without end. */
const ROUNDS_OF_A_DOCUMENT = 5;

describeWith('redis-server', 'people type, and processes are killed with -9', (redis) => {
  let cluster: Cluster | undefined;
  let round: Round | undefined;
  afterEach(async () => {
    await round?.close();
    await cluster?.stop();
    await stopAllServers();
    round = cluster = undefined;
  });

  it.each(STRETCHES.map((stretch) => [describePlan(stretch), stretch] as const))(
    'D1 F1 F2 F3 F9 F25 G1: %s: nothing that was acknowledged or seen is missing, and all replicas are equal',
    async (_name, { setting, rounds }) => {
      const { hasRedis, ...options } = setting;
      cluster = await Cluster.start({ ...options, redis: hasRedis ? redis : undefined });
      let [ledger, documentIds] = [new Ledger(), [] as string[]];
      for (const [number, plan] of rounds.entries()) {
        if (number % ROUNDS_OF_A_DOCUMENT === 0) {
          [ledger, documentIds] = [new Ledger(), await cluster.addDocuments(Math.max(DOCUMENTS, plan.writers / 10))];
        }
        round = new Round(cluster, ledger, plan, documentIds);
        const record = await round.run();
        await round.close();
        tell(plan, record);
        if (record.violations.length > 0) process.stdout.write(`SEED=${SEED}, round ${number}\n${cluster.log}\n`);
        expect(record.violations).toEqual([]);
      }
      // What they lived through must not keep them from ending well.
      expect(new Set(await cluster.stop())).toEqual(new Set([0]));
    },
    120_000 + ROUNDS * 180_000,
  );
});

function tell({ victim, writers, flush }: RoundPlan, record: RoundRecord): void {
  const { counts, storedUntold, readyAfterMs, ackAfterMs, violations } = record;
  report(`G1 kill -9 ${victim}${flush ? ', Redis flushed' : ''}`, {
    writers,
    acked: counts.acked,
    unknown: counts.unknown,
    seen: counts.seen,
    'stored before anybody was told': storedUntold,
    'ready after ms': Math.round(readyAfterMs),
    ...(ackAfterMs === undefined ? {} : { 'then acknowledged after ms': Math.round(ackAfterMs) }),
    outcome: describeViolations(violations),
  });
}
