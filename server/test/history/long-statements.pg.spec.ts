import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { Client } from 'pg';
import type { DataSource } from 'typeorm';
import { createDataSource } from '../../src/adapters/postgres/data-source.js';
import { PostgresRetentionStore } from '../../src/adapters/postgres/history/retention-store.js';
import { eventually } from '../../src/testing/eventually.js';
import { FaultProxy } from '../../src/testing/fault-proxy.js';
import { patience } from '../../src/testing/patience.js';
import { RetentionWorld } from './support/retention-world.js';

/** What every other statement of the server is given; 10 s in truth. */
const ANSWER_MS = 500;

let world: RetentionWorld;
let impatient: DataSource;
beforeAll(async () => {
  world = await RetentionWorld.start();
  const dataSource = createDataSource(world.database.url);
  const { extra } = dataSource.options as { extra: object };
  impatient = await dataSource.setOptions({ extra: { ...extra, query_timeout: ANSWER_MS } }).initialize();
});
afterAll(async () => {
  await impatient?.destroy();
  await world?.stop();
});

const store = () => new PostgresRetentionStore(impatient, { historyDays: 30, accessTokenTtl: 900 });

/** Resolves when the statement has been under way for longer than others may. */
const takesLong = (statement: string) =>
  eventually(`${statement} takes long`, async () => {
    const sql = `SELECT FROM pg_stat_activity WHERE datname = current_database() AND state = 'active'
      AND query LIKE $1 AND clock_timestamp() - query_start > make_interval(secs => $2)`;
    return (await world.query(sql, [`${statement}%`, (3 * ANSWER_MS) / 1000])).length > 0;
  });

async function holding(table: string): Promise<() => Promise<void>> {
  const sql = new Client({ connectionString: world.database.url });
  await sql.connect();
  await sql.query(`BEGIN; LOCK TABLE ${table} IN ACCESS EXCLUSIVE MODE`);
  return async () => {
    await sql.query('COMMIT');
    await sql.end();
  };
}

it('HIST-7: a vacuum may take as long as it takes', async () => {
  const written = await world.written(40, 40);
  let release: (() => Promise<void>) | undefined;
  const patient = store();
  // Whatever holds up a vacuum: here a lock, on large tables its size.
  const passes = patient.exclusively(async (session) => {
    release = await holding('document_updates');
    await session.vacuum('document_updates');
    release = undefined;
  });
  passes.catch(() => undefined);
  try {
    await takesLong('VACUUM');
  } finally {
    await release?.();
  }
  expect(await passes).toBe(true);
  await world.retention(patient, { vacuumRows: 1 }).run();
  expect(await world.seqs(written.documentId)).toEqual([]);
});

it('HIST-7: a look over all documents may take longer than what somebody waits for', async () => {
  const written = await world.written(40, 40);
  const release = await holding('document_updates');
  const passes = world.retention(store()).run();
  passes.catch(() => undefined);
  try {
    await takesLong('%SELECT');
  } finally {
    await release();
  }
  expect(await passes).toBe(true);
  expect(await world.seqs(written.documentId)).toEqual([]);
});

it('HIST-7: a server that stops does not wait for a statement whose answer never comes', async () => {
  const proxy = await FaultProxy.listen(world.database.url);
  const remote = await createDataSource(proxy.through(world.database.url)).initialize();
  await world.written(40, 40);
  const release = await holding('document_updates');
  const retention = world.retention(new PostgresRetentionStore(remote, { historyDays: 30, accessTokenTtl: 900 }));
  const running = retention.run();
  running.catch(() => undefined);
  try {
    await takesLong('%SELECT');
    proxy.blackhole();
    const began = performance.now();
    await retention.stop();
    expect(performance.now() - began).toBeLessThan(5_000 * patience());
    await expect(running).rejects.toThrow();
  } finally {
    await release();
    proxy.reset();
    await remote.destroy();
    await proxy.close();
  }
});
