import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterAll, afterEach, beforeAll, expect, it } from '@jest/globals';
import { Client } from 'pg';
import { encodeStateVector } from '../../src/core/document/update/state-vector.js';
import { eventually } from '../../src/testing/eventually.js';
import { accepted, refusedWith } from '../support/plain-client.js';
import { PlainEditor } from '../support/plain-editor.js';
import { type Person, SyncWorld } from '../support/sync-world.js';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

/** Few enough to be asked within the time that an open waits for its turn. */
const WAITING = 10;

let world: SyncWorld;
let ada: Person;
let documentId: string;
let lock: Client;

beforeAll(async () => {
  world = await SyncWorld.start({ capacity: { opensAtOnce: 1, opensWaiting: 2 * WAITING } });
  ada = await world.person('Ada');
  ({ documentId } = await world.share(ada));
  lock = new Client({ connectionString: world.server.databaseUrl });
  await lock.connect();
});
afterEach(async () => {
  await lock?.query('ROLLBACK');
  await world?.hangUp();
});
afterAll(async () => {
  await lock?.end();
  await world?.stop();
});

/** Of so many clients, as a stranger may make it up. */
const vectorOf = (clients: number) =>
  encodeStateVector(new Map(Array.from({ length: clients }, (_, n) => [4_000_000_000 + n, 1])));

it('DOC-2 A3: one of more clients than a document has is too_large', async () => {
  const client = await world.connect(ada);
  const refusal = await refusedWith(client.ask('document:open', { documentId, stateVector: vectorOf(100_001) }));
  expect(refusal).toMatchObject({ code: 'too_large', retry: 'never', details: { limit: 100_000 } });
  await accepted(client.ask('document:open', { documentId, stateVector: vectorOf(100_000) }));
});

it.each([
  ['is cut', (bytes: Uint8Array) => bytes.subarray(0, -1)],
  ['goes on behind its end', (bytes: Uint8Array) => Buffer.concat([bytes, Buffer.from([0])])],
  ['is empty', () => new Uint8Array()],
  ['declares more than it holds', () => new Uint8Array([200, 1, 1, 1])],
])('DOC-2 A3: one that %s is malformed_update, and what was open stays open', async (_what, spoil) => {
  const editor = await PlainEditor.open(await world.connect(ada), documentId);
  const stateVector = spoil(vectorOf(3));
  const refusal = await refusedWith(editor.client.ask('document:open', { documentId, stateVector }));
  expect(refusal).toMatchObject({ code: 'malformed_update' });
  await editor.type('still here');
});

it('LIM-8 A21: while an open waits for its turn, its state vector is not expanded', async () => {
  const stateVector = vectorOf(100_000);
  const clients = await Promise.all(Array.from({ length: WAITING }, () => world.connect(ada)));
  await lock.query('BEGIN');
  await lock.query('LOCK TABLE project_members IN ACCESS EXCLUSIVE MODE');
  const first = (await world.connect(ada)).ask('document:open', { documentId });
  collect();
  const before = process.memoryUsage().heapUsed;
  const answers = clients.map((client) => client.ask('document:open', { documentId, stateVector }));
  await eventually('they wait', () => world.engine.flow.opens.waiting === WAITING);
  collect();
  // Expanded, each is 5 MB.
  expect(process.memoryUsage().heapUsed - before).toBeLessThan(WAITING * 1_000_000);
  await lock.query('ROLLBACK');
  await Promise.all([first, ...answers]);
});
