import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { type SeededRandom, seededRandom } from '@tandem/protocol/testing';
import * as Y from 'yjs';
import { eventually } from '../../src/testing/eventually.js';
import { patience } from '../../src/testing/patience.js';
import { fingerprint } from '../../src/testing/yjs-edits.js';
import { withHuge } from '../support/hostile-updates.js';
import { accepted, refusedWith } from '../support/plain-client.js';
import type { PlainEditor } from '../support/plain-editor.js';
import { Cluster } from './support/cluster.js';
import { Cursors, connectTo, editAt, hangUp, marked } from './support/editors.js';
import { heldBy, WATCHED } from './support/held.js';
import { report } from './support/report.js';
import { IS_LONG, SEED } from './support/trial.js';

/** Ping every 10 s, 15 s to answer, and a busy machine. */
const HALF_OPEN_MS = 30_000;
const PASTE = 'x'.repeat(400_000);
const PASTES = 16;
const SLOW_READERS = 16;
const MOVERS = IS_LONG ? 500 : 120;

describe('clients that do not behave, at one node', () => {
  let cluster: Cluster;
  let halfOpen: Awaited<ReturnType<typeof goHalfOpen>>;
  const heals: (() => void)[] = [];
  const cursors: Cursors[] = [];
  beforeAll(async () => {
    cluster = await Cluster.start({ main: WATCHED });
    // Takes half a minute, in which the others go on.
    halfOpen = await goHalfOpen();
  });
  afterEach(() => {
    for (const heal of heals.splice(0)) heal();
    for (const one of cursors.splice(0)) one.destroy();
    hangUp([halfOpen.lost.client, halfOpen.watcher.client]);
  });
  afterAll(async () => {
    hangUp();
    halfOpen?.seen.destroy();
    halfOpen?.own.destroy();
    expect(await cluster?.stop()).toEqual([0]);
  });

  async function goHalfOpen() {
    const { node, people } = cluster;
    const documentId = await cluster.addDocument();
    const watcher = await editAt(node, people[1]!, documentId);
    const lost = await editAt(node, people[0]!, documentId, 'half-open');
    const [seen, own] = [new Cursors(watcher), new Cursors(lost)];
    own.move(7);
    await eventually('the cursor is seen', () => seen.of(lost) === 7);
    // Kept for the whole file: nothing is heard of this client again, not even that it went.
    node.door.blackhole(marked('half-open'));
    const since = performance.now();
    const gone: { afterMs?: number } = {};
    watcher.client.on('awareness:update', () => {
      if (seen.of(lost) === undefined) gone.afterMs ??= Math.round(performance.now() - since);
    });
    return { lost, watcher, seen, own, gone };
  }

  it('F18 D6: clients that stop reading cost a bounded amount of memory, slow nobody, and are brought up', async () => {
    const { node, people } = cluster;
    const documentId = await cluster.addDocument();
    const [writer, reader] = [await editAt(node, people[0]!, documentId), await editAt(node, people[1]!, documentId)];
    const slow: PlainEditor[] = [];
    for (let i = 0; i < SLOW_READERS; i++) slow.push(await editAt(node, people[2]!, documentId, 'slow'));
    const { heapBytes: before } = await heldBy(node);
    const resyncs = await node.metric('tandem_room_resyncs_total');
    heals.push(node.door.impair({ holds: true, direction: 'down' }, marked('slow')));
    let slowestMs = 0;
    for (let i = 0; i < PASTES; i++) {
      const since = performance.now();
      await writer.type(PASTE);
      slowestMs = Math.max(slowestMs, performance.now() - since);
    }
    await reader.shows((text) => text.length === PASTES * PASTE.length);
    // The fault is there: they have seen nothing of it.
    expect(slow.map(({ frames }) => frames.length)).toEqual(slow.map(() => 0));
    expect(reader.client.told('document:resync')).toEqual([]);
    // Without a bound each of them would cost as much as was typed.
    const grownBytes = (await heldBy(node)).heapBytes - before;
    expect(grownBytes).toBeLessThan((SLOW_READERS / 2) * PASTES * PASTE.length);
    for (const heal of heals.splice(0)) heal();
    for (const one of slow) await one.shows((text) => text.length === PASTES * PASTE.length);
    expect(slow.every(({ client }) => client.isConnected)).toBe(true);
    expect(await node.metric('tandem_room_resyncs_total')).toBeGreaterThanOrEqual(resyncs + SLOW_READERS);
    report('F18', {
      'slow readers': SLOW_READERS,
      'typed bytes': PASTES * PASTE.length,
      'memory grew by bytes': grownBytes,
      'slowest ack ms': Math.round(slowestMs),
    });
  }, 240_000);

  it('F21 D4 V2: frames that are repeated and reordered change nothing, and nothing pending is kept', async () => {
    const { node, people } = cluster;
    const random = seededRandom(SEED);
    const documentId = await cluster.addDocument();
    const honest = await editAt(node, people[1]!, documentId);
    const doc = new Y.Doc();
    const client = await connectTo(node, people[0]!);
    await accepted(client.ask('document:open', { documentId, clientId: doc.clientID }));
    const updates: Uint8Array[] = [];
    doc.on('update', (update: Uint8Array) => updates.push(update));
    const text = doc.getText('content');
    for (let i = 0; i < 60; i++) {
      if (i % 5 === 4) text.delete(random.integer(text.length - 2), 2);
      else text.insert(random.integer(text.length + 1), `<${i}>`);
    }
    const send = (update: Uint8Array) => client.ask('document:update', { documentId, update });
    const answers = await Promise.all(shuffled([...updates, ...updates], random).map(send));
    const codes = answers.map((answer) => (answer.ok ? 'ok' : answer.error.code));
    expect(new Set(codes)).toEqual(new Set(['ok', 'gap_resync']));
    // In order, twice over: what was refused is taken now, and what was taken is not stored again.
    for (const update of updates) await accepted(send(update));
    const again = await Promise.all(updates.map((update) => accepted(send(update))));
    expect(again.filter(({ stored }) => stored !== false)).toEqual([]);
    await honest.shows(text.toString());
    const cold = await editAt(node, people[2]!, documentId);
    expect(cold.fingerprint).toEqual(fingerprint(doc));
    report('F21', { sent: answers.length, refused: codes.filter((code) => code !== 'ok').length });
  });

  it('F22: who lies about its state vector hurts nobody else', async () => {
    const { node, people } = cluster;
    const documentId = await cluster.addDocument('honest text');
    const honest = await editAt(node, people[1]!, documentId);
    await honest.type(', more of it');
    const liar = await connectTo(node, people[0]!);
    const open = (stateVector: Uint8Array) => liar.ask('document:open', { documentId, stateVector });
    const written = honest.doc.clientID;
    // Too high: it gets nothing of what it says to have, and harms itself alone.
    for (const clock of [1_000, Number.MAX_SAFE_INTEGER]) {
      const doc = new Y.Doc();
      const answer = await accepted(open(Y.encodeStateVector(new Map([[written, clock]]))));
      Y.applyUpdate(doc, answer.update!);
      expect(doc.getText('content').toString()).not.toContain('more of it');
    }
    // Too low, over and over.
    const whole = await Promise.all(Array.from({ length: 50 }, () => accepted(open(new Uint8Array([0])))));
    expect(new Set(whole.map(({ update }) => update!.length)).size).toBe(1);
    // Beyond what a number holds, and bombs.
    const since = performance.now();
    for (const bomb of [withHuge(), new Uint8Array([1, 1, ...Array(10).fill(0xff), 1])]) {
      expect(await refusedWith(open(bomb))).toMatchObject({ code: 'malformed_update' });
    }
    const bombsMs = Math.round(performance.now() - since);
    expect(bombsMs).toBeLessThan(1_000 * patience());
    expect(liar.isConnected).toBe(true);
    await honest.type('!');
    expect((await editAt(node, people[2]!, documentId)).text).toBe(honest.text);
    report('F22', { 'bombs answered after ms': bombsMs });
  });

  it(`F27: ${MOVERS} people move their cursors in one file: each hears ten times a second, the newest wins`, async () => {
    const { node, people } = cluster;
    const documentId = await cluster.addDocument('text');
    const editors = await Promise.all(
      Array.from({ length: MOVERS }, (_, i) => editAt(node, people[i % people.length]!, documentId)),
    );
    const watcher = editors[0]!;
    const seen = new Cursors(watcher);
    const movers = editors.slice(1).map((editor) => new Cursors(editor));
    cursors.push(seen, ...movers);
    const heard = () => watcher.client.told('awareness:update').length;
    for (const mover of movers) mover.move(-1);
    const [before, since] = [heard(), performance.now()];
    let moves = 0;
    await eventually('they have moved about', () => {
      for (const mover of movers) mover.move(moves);
      moves++;
      return performance.now() - since > 3_000;
    });
    const perSecond = ((heard() - before) / (performance.now() - since)) * 1000;
    await eventually('the newest is seen of all', () => editors.slice(1).every((one) => seen.of(one) === moves - 1));
    expect(perSecond).toBeLessThan(15);
    // A huge state is refused, and nobody sees it.
    movers[0]!.move('x'.repeat(10_000));
    const refused = await editors[1]!.client.hears('server:error');
    expect(refused).toMatchObject({ event: 'awareness:update', error: { code: 'too_large' } });
    expect(seen.of(editors[1]!)).toBe(moves - 1);
    report('F27', { people: MOVERS, 'moves each': moves, 'frames a second to each': Number(perSecond.toFixed(1)) });
  }, 240_000);

  it('F19: a connection that is half open is gone within the time of a ping, with its cursor', async () => {
    const { watcher, gone } = halfOpen;
    const { node } = cluster;
    await eventually('the cursor is gone', () => gone.afterMs !== undefined, HALF_OPEN_MS);
    await eventually('so is the connection', async () => (await node.metric('tandem_socket_connections')) === 1);
    expect(watcher.client.isConnected).toBe(true);
    report('F19', { 'gone after ms': gone.afterMs! });
    expect(gone.afterMs).toBeLessThan(HALF_OPEN_MS * patience());
  });
});

function shuffled<T>(items: readonly T[], random: SeededRandom): T[] {
  return items
    .map((item) => ({ item, at: random.next() }))
    .sort((a, b) => a.at - b.at)
    .map(({ item }) => item);
}
