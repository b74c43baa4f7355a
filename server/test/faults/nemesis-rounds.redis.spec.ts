import { afterAll, afterEach, beforeAll, expect, it } from '@jest/globals';
import { seededRandom } from '@tandem/protocol/testing';
import { patience } from '../../src/testing/patience.js';
import { describeWith } from '../../src/testing/requires.js';
import { Cluster } from './support/cluster.js';
import { Crowd } from './support/crowd.js';
import { Ledger } from './support/ledger.js';
import { Nemesis } from './support/nemesis.js';
import { countsOf, describeViolations, report } from './support/report.js';
import { IS_LONG, SEED } from './support/trial.js';

const ROUNDS = Number(process.env.ROUNDS ?? (IS_LONG ? 50 : 1));
const WRITERS = IS_LONG ? 24 : 12;
const ATTACKS = 6;
/** FAULTS G2: when everything runs again, all have the same after so long. */
const CONVERGED_MS = 5_000;

describeWith('redis-server', 'three nodes, and everything that can befall them, several at once', (redis) => {
  let cluster: Cluster;
  let crowd: Crowd | undefined;
  beforeAll(async () => {
    cluster = await Cluster.start({ nodes: 3, redis });
  });
  afterEach(async () => {
    await crowd?.close();
    crowd = undefined;
  });
  afterAll(() => cluster?.stop());

  it.each(Array.from({ length: ROUNDS }, (_, round) => SEED + round))(
    'G2: with SEED=%i nothing is lost, and all are equal soon after',
    async (seed) => {
      const random = seededRandom(seed);
      const nemesis = new Nemesis(cluster, random);
      const documentIds = await cluster.addDocuments(3);
      const everyMs = 150;
      crowd = new Crowd({
        cluster,
        random: seededRandom(seed),
        ledger: new Ledger(),
        documentIds,
        writers: WRITERS,
        everyMs,
      });
      await crowd.typing();
      await nemesis.attack(ATTACKS);
      const healedAt = performance.now();
      const violations = await crowd.settle();
      const ms = Math.round(performance.now() - healedAt);
      const outcome = describeViolations(violations);
      for (const deed of nemesis.deeds) report(`G2 ${deed}`, { seed });
      report('G2', { ...countsOf(crowd.ledger), 'equal after ms': ms, outcome });
      if (violations.length > 0) process.stdout.write(`SEED=${seed}\n${cluster.log}\n`);
      expect(violations).toEqual([]);
      expect(ms).toBeLessThan(CONVERGED_MS * patience());
    },
    300_000,
  );
});
