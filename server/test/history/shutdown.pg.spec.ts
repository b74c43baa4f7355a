import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { Retention } from '../../src/features/history/retention.js';
import { eventually } from '../../src/testing/eventually.js';
import { patience } from '../../src/testing/patience.js';
import { siblings } from '../../src/testing/siblings.js';
import { PlainEditor } from '../support/plain-editor.js';
import { type Person, SyncWorld } from '../support/sync-world.js';

let world: SyncWorld;
let ada: Person;
beforeAll(async () => {
  world = await SyncWorld.start();
  ada = await world.person('Ada');
});
afterAll(() => world?.stop());

/** What `main.ts` gives the application for its stop. */
const STOP_MS = 5_000;

it('HIST-7: a server that stops in the middle of retention tells its editors first, and ends in time', async () => {
  const { documentId, projectId } = await world.share(ada);
  // Yjs takes minutes over it, and the lane a minute before it gives up.
  const hostile = await world.addDocument(ada, projectId);
  await world.store(hostile, ada, [siblings(40_000)]);
  await world.sql.query(`UPDATE document_updates SET created_at = now() - interval '40 days' WHERE document_id = $1`, [
    hostile,
  ]);
  const editor = await PlainEditor.open(await world.connect(ada), documentId);
  const running = world.server.app.get(Retention, { strict: false }).run();
  running.catch(() => undefined);
  const isAtIt = `SELECT FROM pg_stat_activity WHERE datname = current_database() AND query LIKE '%document_snapshots%'
    AND state = 'idle' AND pid = (SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND objid = ${0x68697374} LIMIT 1)`;
  await eventually('the thread is at it', async () => (await world.sql.query(isAtIt)).rowCount === 1);
  await editor.type('the last words');
  const began = performance.now();
  const closing = world.server.app.close();
  await editor.client.hears('server:drain');
  const toldMs = performance.now() - began;
  await closing;
  const tookMs = performance.now() - began;
  await expect(running).rejects.toThrow();
  expect(toldMs).toBeLessThan(1_000 * patience());
  expect(tookMs).toBeLessThan(STOP_MS * patience());
  expect(world.server.log).not.toContain('history cannot be cut');
});
