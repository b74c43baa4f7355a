import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it } from '@jest/globals';
import { eventually } from '../../src/testing/eventually.js';
import { stopAllServers } from '../../src/testing/server-process.js';
import { Cluster, type ClusterOptions } from './support/cluster.js';
import { Ledger } from './support/ledger.js';
import type { Violation } from './support/oracle.js';
import { describeViolations, report } from './support/report.js';
import { Round, type RoundPlan } from './support/round.js';

const server = (name: string) => fileURLToPath(new URL(`./servers/${name}.mjs`, import.meta.url));
const ENOUGH_ACKS = 200;

/** A judge that sees nothing would let every test of faults pass: each of these servers breaks one promise. */
describe('G3: what must fail the judge of the crash rounds', () => {
  let cluster: Cluster | undefined;
  let round: Round | undefined;
  afterEach(async () => {
    await round?.close();
    await cluster?.stop();
    await stopAllServers();
    round = cluster = undefined;
  });

  it('D1: a server that acknowledges before it commits, killed', async () => {
    await begin({ database: 'own', main: server('early-ack') });
    const rules = await judge('ack before commit', { victim: 'node' });
    expect(rules).toContain('an acknowledged update is missing');
    expect(rules).toContain('an update that somebody saw is missing');
  });

  it('D1: a PostgreSQL that commits before it writes, killed', async () => {
    await begin({ env: { ALLOW_UNSAFE_DATABASE: 'true' } });
    // Nothing is to write the log of transactions in time, not even for somebody else's commit.
    await cluster!.postgres.admin('ALTER ROLE tandem SET synchronous_commit = off');
    await cluster!.postgres.admin(`ALTER SYSTEM SET wal_writer_delay = '10s'`);
    await cluster!.postgres.admin(`ALTER SYSTEM SET wal_writer_flush_after = '1GB'`);
    await cluster!.postgres.admin('SELECT pg_reload_conf()');
    // Sessions take the settings of their role when they begin.
    cluster!.node.toPostgres.reset();
    const rules = await judge('synchronous_commit off', { victim: 'postgres' });
    expect(rules).toContain('an acknowledged update is missing');
  });

  it('D1: a compactor that deletes by time', async () => {
    await begin({ main: server('deleting-compactor'), env: { COMPACT_ROWS: '20' } });
    const rules = await judge('compactor by time', { victim: 'node' });
    expect(rules).toContain('an acknowledged update is missing');
  });

  it('D5: two nodes that do not hear of each other and do not look', async () => {
    await begin({ nodes: 2, main: server('deaf') });
    const rules = await judge('bus and look at the log off', { victim: 'backend' });
    // Or, where a node has nothing of the other's at the end, what somebody saw there is missing.
    const caught = ['replicas differ', 'an update that somebody saw is missing'] as const;
    expect(rules.filter((rule) => caught.some((one) => one === rule))).not.toEqual([]);
  });

  async function begin(options: ClusterOptions): Promise<void> {
    cluster = await Cluster.start(options);
  }

  async function judge(what: string, plan: Pick<RoundPlan, 'victim'>): Promise<Violation['rule'][]> {
    const ledger = new Ledger();
    const documentIds = await cluster!.addDocuments(4);
    round = new Round(cluster!, ledger, { seed: 1, writers: 20, afterMs: 0, flush: false, ...plan }, documentIds);
    const enough = () => eventually('much is acknowledged', () => ledger.counts().acked > ENOUGH_ACKS);
    const { violations, counts } = await round.run(enough);
    report(`G3 ${what}`, { acked: counts.acked, seen: counts.seen, outcome: describeViolations(violations) });
    return violations.map(({ rule }) => rule);
  }
});
