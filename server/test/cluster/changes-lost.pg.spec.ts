import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { ChangeWatch } from '../../src/features/changes/change-watch.js';
import type { SocketPeer } from '../../src/platform/sockets/socket-peer.js';
import { eventually } from '../../src/testing/eventually.js';
import { createTestDatabase, type TestDatabase } from '../../src/testing/postgres.js';
import { PlainEditor } from '../support/plain-editor.js';
import { type Person, SyncWorld } from '../support/sync-world.js';

let database: TestDatabase;
let world: SyncWorld;
let ada: Person;
beforeAll(async () => {
  database = await createTestDatabase();
  world = await SyncWorld.start({ databaseUrl: database.url, capacity: { outboundBytes: 600_000 } });
  ada = await world.person('Ada');
});
afterAll(async () => {
  await world?.stop();
  await database?.drop();
});

/** What this node has seen last is gone, as in a database that was put back. */
async function loseChanges(): Promise<void> {
  const look = () => world.server.app.get(ChangeWatch, { strict: false }).look();
  const { rows } = await world.sql.query(
    `INSERT INTO changes (transaction, change) VALUES (pg_current_xact_id()::text::bigint, $1) RETURNING id`,
    [{ type: 'session.revoked', sessionId: randomUUID() }],
  );
  // One that was under way may have begun before it.
  await look();
  await look();
  await world.sql.query('DELETE FROM changes WHERE id = $1', [(rows[0] as { id: string }).id]);
  await look();
}

it('D8 D6: a node that missed changes has its editors connect anew, and what waits for readers stays bounded', async () => {
  const { documentId } = await world.share(ada);
  const before = await PlainEditor.open(await world.connect(ada), documentId);
  await loseChanges();
  await before.client.hears('server:drain');
  await eventually('its connection ends', () => !before.client.isConnected);
  expect(before.client.told('server:drain')).toHaveLength(1);
  await world.roomHas(documentId, 0);

  const writer = await PlainEditor.open(await world.connect(ada), documentId);
  const slow = await Promise.all(
    Array.from({ length: 3 }, async () => PlainEditor.open(await world.connect(ada), documentId)),
  );
  for (const { client } of slow) client.websocket.pause();
  const peers = () => [...world.engine.rooms.get(documentId)!.sessions].map(({ peer }) => peer as SocketPeer);
  await eventually('the bound is seen', async () => {
    await writer.type('x'.repeat(100_000));
    return peers().every(({ maxBacklog }) => maxBacklog < 100_000);
  });
  for (const { client } of slow) client.websocket.resume();
  for (const reader of slow) await reader.shows(writer.text);
});
