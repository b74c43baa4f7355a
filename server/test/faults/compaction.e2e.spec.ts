import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { makeTempDir, removeTempDir } from '../../src/testing/temp-dir.js';
import { Cluster } from './support/cluster.js';
import { Trial } from './support/trial.js';

const main = fileURLToPath(new URL('./servers/dying-compactor.mjs', import.meta.url));

describe('two nodes that both compact what is typed', () => {
  const dir = makeTempDir();
  const dieAt = join(dir, 'die-at');
  let cluster: Cluster;
  let trial: Trial | undefined;
  beforeAll(async () => {
    const envOf = (place: number) => ({ DIE_AT: place === 0 ? dieAt : join(dir, 'none') });
    cluster = await Cluster.start({ nodes: 2, main, env: { COMPACT_ROWS: '20' }, envOf });
  });
  afterEach(async () => {
    await trial?.close();
    trial = undefined;
  });
  afterAll(async () => {
    await cluster?.stop();
    removeTempDir(dir);
  });

  it.each(['begun', 'made', 'storing', 'stored'])(
    'F25: killed when it is %s: the log or the snapshot is whole',
    async (step) => {
      const { node } = cluster;
      trial = await Trial.begin(cluster);
      const { crowd, documentIds } = trial;
      writeFileSync(dieAt, step);
      expect(await node.server.exited()).toBe('SIGKILL');
      rmSync(dieAt);
      expect(await crowd.lookForLosses([cluster.nodes[1]!])).toEqual([]);
      await node.start();
      await crowd.acknowledged();
      const facts = { snapshots: await snapshots(documentIds) };
      expect(await trial.end(`F25 ${step}`, facts)).toEqual([]);
      // Both nodes have compacted all the time, at once and while others typed; the loser of each race let go.
      expect(facts.snapshots).toBeGreaterThan(1);
    },
    180_000,
  );

  function snapshots(documentIds: readonly string[]): Promise<number> {
    const sql = 'SELECT count(*)::int AS n FROM document_snapshots WHERE document_id = ANY ($1::uuid[])';
    return cluster.sql(async (client) => (await client.query<{ n: number }>(sql, [documentIds])).rows[0]!.n);
  }
});
