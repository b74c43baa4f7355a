import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { eventually } from '../../src/testing/eventually.js';
import { patience } from '../../src/testing/patience.js';
import { isRunning, killNow } from '../../src/testing/processes.js';
import { PlainEditor } from '../support/plain-editor.js';
import { Cluster } from './support/cluster.js';
import { connectTo, editAt, hangUp } from './support/editors.js';
import { named } from './support/named.js';
import { report } from './support/report.js';
import { Trial } from './support/trial.js';

/** What a crashed PostgreSQL may cost the editors (G14), in milliseconds. */
const RESUMED_MS = 5_000;

/** More than the kernel takes on the way, in pastes that one message holds. */
const FLOOD_BYTES = 28_000_000;
const PASTE = 'x'.repeat(400_000);
/** FAULTS 2.10: what may wait for one document. */
const MAX_WAITING_BYTES = 4 * 1024 * 1024;

const APPENDS = `SELECT pid FROM pg_stat_activity WHERE query LIKE '%INSERT INTO document_updates%' AND pid <> pg_backend_pid()`;

describe('two nodes and a PostgreSQL that fails', () => {
  let cluster: Cluster;
  let trial: Trial | undefined;
  const heals: (() => void)[] = [];
  beforeAll(async () => {
    cluster = await Cluster.start({ nodes: 2 });
  });
  afterEach(async () => {
    for (const heal of heals.splice(0)) heal();
    hangUp();
    await trial?.close();
    trial = undefined;
  });
  afterAll(async () => {
    // What they lived through must not keep them from ending well.
    expect(await cluster?.stop()).toEqual([0, 0]);
  });

  it('F2: a node that is killed between COMMIT and ack: what is sent again is stored once', async () => {
    const { node } = cluster;
    trial = await Trial.begin(cluster, { nodes: [node] });
    const { crowd } = trial;
    const heal = node.toPostgres.impair({ holds: true, direction: 'down' }, named('tandem\0'));
    heals.push(heal);
    crowd.burst(3);
    await eventually('edits are stored that nobody was told of', async () => (await crowd.storedUntold()) > 0);
    const untold = await crowd.storedUntold();
    node.kill();
    await node.server.exited();
    expect(await crowd.storedUntold()).toBeGreaterThanOrEqual(untold);
    heal();
    await node.start();
    await crowd.acknowledged();
    expect(await trial.end('F2', { 'stored before anybody was told': untold })).toEqual([]);
  });

  it('F3: kill -9 of the backend that writes: everybody goes on within 5 s', async () => {
    trial = await Trial.begin(cluster);
    const { crowd } = trial;
    const { pid } = cluster.postgres;
    const [backend] = await cluster.sql(async (sql) => (await sql.query<{ pid: number }>(APPENDS)).rows);
    crowd.burst(2);
    killNow(backend!.pid);
    const silence = crowd.ledger.watchSilence();
    await eventually('it is gone', () => !isRunning(backend!.pid));
    await crowd.acknowledged(RESUMED_MS);
    expect(cluster.postgres.pid).toBe(pid);
    expect(await trial.end('F3 backend', { 'longest silence ms': Math.round(silence()) })).toEqual([]);
  });

  it.each([
    ['F3', 'kill -9 of all of it', () => cluster.postgres.kill9()],
    ['F8', 'a fast restart', () => cluster.postgres.shutDown('fast')],
    ['F8', 'an immediate restart', () => cluster.postgres.shutDown('immediate')],
  ])(
    '%s: %s: no false ack, everybody goes on within 5 s, and the nodes hear each other again',
    async (number, what, strike) => {
      trial = await Trial.begin(cluster);
      const { crowd } = trial;
      const { pid } = cluster.postgres;
      crowd.burst(2);
      const since = performance.now();
      await strike();
      await cluster.postgres.isBack(pid);
      const backMs = performance.now() - since;
      expect(await crowd.lookForLosses()).toEqual([]);
      await crowd.acknowledged(RESUMED_MS);
      const ackMs = performance.now() - since;
      expect(ackMs).toBeLessThan(backMs + RESUMED_MS * patience());
      // Cursors go by the bus alone: with NOTIFY unheard they would not come.
      await crowd.cursorsCross();
      const facts = { 'back after ms': Math.round(backMs), 'first ack after ms': Math.round(ackMs) };
      expect(await trial.end(`${number} ${what}`, facts)).toEqual([]);
    },
    180_000,
  );

  it('F5: a connection that is cut during COMMIT, before it, and after it: every edit is stored once', async () => {
    const { node } = cluster;
    trial = await Trial.begin(cluster, { nodes: [node], documents: 1 });
    const { crowd } = trial;
    const { toPostgres } = node;
    // The answer is lost, and the connection with it.
    for (let round = 0; round < 3; round++) {
      const heal = toPostgres.impair({ holds: true, direction: 'down' }, named('tandem\0'));
      heals.push(heal);
      crowd.burst(1);
      await eventually('edits are stored that nobody was told of', async () => (await crowd.storedUntold()) > 0);
      expect(toPostgres.reset(named('tandem\0'))).toBeGreaterThan(0);
      heal();
      await crowd.acknowledged(RESUMED_MS);
      // The first ack may be of what was found in the log; the next is of a connection that is there for the next cut.
      await crowd.acknowledged(RESUMED_MS);
    }
    // In the middle of the statement, and of its answer.
    const places = [
      ['up', 1],
      ['up', 300],
      ['up', 2_000],
      ['up', 9_000],
      ['down', 1],
      ['down', 30],
      ['down', 700],
    ] as const;
    for (const [direction, bytes] of places) {
      const cut = toPostgres.cutAfter(bytes, direction, named('tandem\0'));
      crowd.burst(1);
      expect(await cut).toBeGreaterThan(0);
      await crowd.acknowledged(RESUMED_MS);
    }
    expect(await trial.end('F5', { cuts: 3 + places.length })).toEqual([]);
  });

  it('F7: a PostgreSQL that takes half a second for everything: acks are late, what waits is bounded, who sends is not read', async () => {
    const { node, people } = cluster;
    trial = await Trial.begin(cluster, { nodes: [node], writers: 4 });
    const { crowd } = trial;
    const flooder = await editAt(node, people[0]!, await cluster.addDocument());
    const heal = node.toPostgres.impair({ delayMs: 250 });
    heals.push(heal);
    const silence = crowd.ledger.watchSilence();
    let stored = 0;
    for (let sent = 0; sent < FLOOD_BYTES; sent += PASTE.length) void flooder.type(PASTE).then(() => stored++);
    let [waiting, unread] = [0, 0];
    // Several commits, for none of which more was taken than one holds.
    await eventually('some of it is stored', async () => {
      waiting = Math.max(waiting, await node.metric('tandem_room_waiting_bytes'));
      unread = Math.max(unread, flooder.client.websocket.bufferedAmount);
      return stored >= 10;
    });
    expect(unread).toBeGreaterThan(FLOOD_BYTES / 4);
    expect(waiting).toBeGreaterThan(PASTE.length);
    expect(waiting).toBeLessThan(MAX_WAITING_BYTES);
    await crowd.acknowledged();
    const longest = Math.round(silence());
    expect(longest).toBeGreaterThan(400);
    heal();
    await flooder.saved();
    const facts = { 'longest silence ms': longest, 'most waiting bytes': waiting };
    expect(await trial.end('F7', facts)).toEqual([]);
  });

  it.each([1, 2_000, 60_000])(
    'F24 D2: a connection that is cut %i bytes into a document: never an empty one',
    async (bytes) => {
      const { node, people } = cluster;
      const text = 'x'.repeat(200_000);
      const documentId = await cluster.addDocument(text);
      const client = await connectTo(node, people[1]!);
      const cut = node.toPostgres.cutAfter(bytes, 'down', named('tandem\0'));
      const answer = client.ask('document:open', { documentId });
      expect(await cut).toBeGreaterThan(0);
      const first = await answer;
      if (!first.ok)
        expect(first.error).toMatchObject({ code: 'store_unavailable', retry: expect.not.stringMatching('never') });
      const editor = await PlainEditor.open(client, documentId);
      expect(editor.text).toBe(text);
      report('F24', { bytes, answer: first.ok ? 'opened' : first.error.code });
    },
  );
});
