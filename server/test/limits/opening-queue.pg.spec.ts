import { afterAll, afterEach, beforeAll, expect, it } from '@jest/globals';
import { Client } from 'pg';
import * as Y from 'yjs';
import { eventually } from '../../src/testing/eventually.js';
import { accepted, refusedWith } from '../support/plain-client.js';
import { PlainEditor } from '../support/plain-editor.js';
import { type Person, SyncWorld } from '../support/sync-world.js';

const WAITING = 60;

let world: SyncWorld;
let ada: Person;
let bob: Person;
let projectId: string;
let documents: string[];
let lock: Client;

beforeAll(async () => {
  world = await SyncWorld.start({ capacity: { opensAtOnce: 1, opensWaiting: WAITING, loadsAtOnce: 1 } });
  [ada, bob] = await Promise.all([world.person('Ada'), world.person('Bob')]);
  ({ projectId } = await world.share(ada, [[bob, 'editor']]));
  // One after the other: for so many at once the database may take longer than the server waits.
  documents = [];
  for (let n = 0; n < 80; n++) documents.push(await world.addDocument(ada, projectId));
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

const waiting = () => world.engine.flow.opens.waiting;

/** Whoever opens a document waits from now on, until the lock is given back. */
async function holdOpens(): Promise<() => Promise<unknown>> {
  await lock.query('BEGIN');
  await lock.query('LOCK TABLE project_members IN ACCESS EXCLUSIVE MODE');
  return () => lock.query('ROLLBACK');
}

it('LIM-8 A21 F20: connections take turns: who opens one document does not wait for one who opens fifty', async () => {
  const [many, one] = [await world.connect(ada), await world.connect(bob)];
  const release = await holdOpens();
  const order: string[] = [];
  const open = (client: typeof one, who: string, documentId: string) =>
    accepted(client.ask('document:open', { documentId })).then(() => order.push(who));
  const all = documents.slice(0, 50).map((documentId) => open(many, 'many', documentId));
  await eventually('they wait', () => waiting() === 49);
  const last = open(one, 'one', documents[60]!);
  await eventually('it waits too', () => waiting() === 50);
  await release();
  await Promise.all([...all, last]);
  expect(order.indexOf('one')).toBeLessThanOrEqual(2);
  expect(waiting()).toBe(0);
});

it('LIM-8 A21: when too many wait, further ones are overloaded and told when to come back', async () => {
  const client = await world.connect(ada);
  const release = await holdOpens();
  const inside = documents.slice(0, WAITING + 1).map((documentId) => client.ask('document:open', { documentId }));
  await eventually('the queue is full', () => waiting() === WAITING);
  const refusal = await refusedWith(client.ask('document:open', { documentId: documents[WAITING + 1]! }));
  expect(refusal).toMatchObject({ code: 'overloaded', retry: 'later' });
  expect(refusal.retryAfterMs).toBeGreaterThanOrEqual(1000);
  expect(refusal.retryAfterMs).toBeLessThanOrEqual(3000);
  await release();
  for (const answer of inside) await accepted(answer);
  await accepted(client.ask('document:open', { documentId: documents[WAITING + 1]! }));
});

it('LIM-8: who has waited for 10 s is overloaded; who is gone waits no longer', async () => {
  const [client, gone] = [await world.connect(ada), await world.connect(bob)];
  const leave = await world.engine.flow.opens.enter(gone as never);
  const since = performance.now();
  const late = refusedWith(client.ask('document:open', { documentId: documents[1]! }));
  gone.sendRaw('document:open', { documentId: documents[2]! });
  await eventually('two wait', () => waiting() === 2);
  gone.disconnect();
  await eventually('one is gone', () => waiting() === 1);
  expect((await late).code).toBe('overloaded');
  expect(performance.now() - since).toBeGreaterThan(9_500);
  leave();
  await accepted(client.ask('document:open', { documentId: documents[1]! }));
});

it('LIM-8 D6: a reader that does not read what it opens keeps no other from opening', async () => {
  const large = await world.addDocument(ada, projectId, { text: 'x'.repeat(400_000) });
  const slow = await world.connect(ada);
  slow.websocket.pause();
  for (let n = 0; n < 20; n++) slow.sendRaw('document:open', { documentId: large });
  await eventually('it has asked for more than it takes', () => world.engine.rooms.get(large) !== undefined);
  const other = await PlainEditor.open(await world.connect(bob), documents[5]!);
  expect(await other.type('.')).toBe(1);
});

it('LIM-8 A21: a connection whose opens wait is not read, so that their state vectors do not fill the memory', async () => {
  const client = await world.connect(ada);
  const release = await holdOpens();
  const stateVector = Y.encodeStateVector(new Map(Array.from({ length: 60_000 }, (_, n) => [2 ** 31 + n, 1])));
  const asked = documents.slice(0, 40).map((documentId) => client.ask('document:open', { documentId, stateVector }));
  await eventually('the first wait', () => waiting() >= 2);
  // Others are heard meanwhile, so what the server would have read of it by now, it has read.
  const other = await world.connect(bob);
  for (let n = 0; n < 20; n++) await accepted(other.ask('document:close', { documentId: documents[0]! }));
  expect(waiting()).toBeLessThanOrEqual(4);
  await release();
  for (const answer of asked) await accepted(answer);
});
