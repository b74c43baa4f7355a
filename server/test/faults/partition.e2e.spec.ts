import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import * as Y from 'yjs';
import { eventually } from '../../src/testing/eventually.js';
import { patience } from '../../src/testing/patience.js';
import { accepted, refusedWith } from '../support/plain-client.js';
import { wholeAnswer } from '../support/plain-editor.js';
import { Cluster } from './support/cluster.js';
import type { ClusterNode } from './support/cluster-node.js';
import { connectTo, editAt, hangUp } from './support/editors.js';
import { named } from './support/named.js';
import { keepsPromises } from './support/oracle.js';
import { report } from './support/report.js';
import { ACTS, type Act, takeAway } from './support/taken-away.js';
import { IS_LONG, Trial } from './support/trial.js';
import { viewOf } from './support/view.js';

/** How far a node may be behind when nobody tells it, in milliseconds. */
const FOUND_OUT_MS = 2_500;
/** A second without an answer, and a busy machine. */
const TOLD_MS = 5_000;
/** Edits wait for half a minute from when the database is known to be away. */
const GIVEN_BACK_MS = 60_000;
/** Its lease, a beat, and room for a busy machine. */
const LEASE_MS = 9_000;
/** FAULTS G13. */
const DRAINED_MS = 10_000;
const TYPING_GAP_MS = 2_000;

describe('two nodes that are parted, cut off, frozen or stopped', () => {
  let cluster: Cluster;
  let here: ClusterNode;
  let there: ClusterNode;
  let trial: Trial | undefined;
  const heals: (() => void)[] = [];
  beforeAll(async () => {
    cluster = await Cluster.start({ nodes: 2 });
    [here, there] = cluster.nodes as [ClusterNode, ClusterNode];
  });
  afterEach(async () => {
    for (const heal of heals.splice(0)) heal();
    here.open();
    hangUp();
    await trial?.close();
    trial = undefined;
  });
  afterAll(async () => {
    expect(await cluster?.stop()).toEqual([0, 0]);
  });

  it('F11 D5: with nothing heard between them both take edits, and know of each other within two seconds', async () => {
    trial = await Trial.begin(cluster);
    const { crowd } = trial;
    await crowd.cursorsCross();
    heals.push(there.toPostgres.blackhole(named('tandem-bus')));
    await crowd.acknowledged();
    // Who writes finds out what others wrote by that alone.
    for (const writer of crowd.writers) writer.stopTyping();
    const worst = Math.max(
      await crowd.crosses(here, there, FOUND_OUT_MS),
      await crowd.crosses(there, here, FOUND_OUT_MS),
    );
    // The fault is there: what goes by the bus alone does not come.
    await expect(crowd.cursorsCross({ timeoutMs: 1_000 })).rejects.toThrow();
    heals.splice(0)[0]!();
    await crowd.cursorsCross();
    expect(await trial.end('F11', { 'found out after ms': Math.round(worst) })).toEqual([]);
  });

  it('F12 V6: a node that is cut off from PostgreSQL stops acknowledging and says so; its editors may go elsewhere', async () => {
    trial = await Trial.begin(cluster);
    const { crowd, documentIds } = trial;
    const editor = await editAt(here, cluster.people[0]!, documentIds[0]!);
    const late = await connectTo(here, cluster.people[0]!);
    // On a busy machine a commit may be late; a room that waits already is not told again.
    await crowd.acknowledged();
    const heal = here.toPostgres.blackhole();
    heals.push(heal);
    const cutAt = performance.now();
    await editor.client.hears('document:status', ({ state }) => state === 'stalled', TOLD_MS);
    const since = performance.now();
    const toldAfterMs = Math.round(since - cutAt);
    // Nobody is let in to see what may be old, and nobody waits for ever.
    const refusal = await refusedWith(late.ask('document:open', { documentId: documentIds[1]! }));
    expect(refusal).toMatchObject({ code: 'store_unavailable' });
    const refusedAfterMs = Math.round(performance.now() - since);
    expect(crowd.at(here).filter(({ lastAckAt }) => lastAckAt > since)).toEqual([]);
    expect(crowd.at(there).some(({ lastAckAt }) => lastAckAt > since)).toBe(true);
    // Who waits is not left waiting for a database that says nothing at all.
    if (IS_LONG) await eventually('edits are given back', () => crowd.refusals > 0, GIVEN_BACK_MS);

    here.door.aim(there.server.url);
    here.door.reset();
    const movedAt = performance.now();
    await eventually('all go on at the other node', () => crowd.at(here).every(({ lastAckAt }) => lastAckAt > movedAt));
    heal();
    expect(await trial.end('F12', { 'told after ms': toldAfterMs, 'refused after ms': refusedAfterMs })).toEqual([]);
  }, 240_000);

  it('D5: a node that was stopped serves nothing of before, and its cursors are gone meanwhile', async () => {
    trial = await Trial.begin(cluster, { documents: 1 });
    const { crowd, documentIds } = trial;
    const [documentId] = documentIds as [string];
    const { ledger } = crowd;
    const late = await Promise.all(cluster.people.map((person) => connectTo(there, person)));
    await crowd.cursorsCross({ from: there });
    // What it is told while it sleeps would only wait for it in the buffers of the kernel.
    heals.push(there.toPostgres.blackhole(named('tandem-bus')));
    there.freeze();
    const frozenAt = performance.now();
    const ackedBefore = ledger.counts().acked;
    heals.push(() => there.thaw());
    const opening = late.map((client) => client.ask('document:open', { documentId }));
    const reading = textAt(there, documentId);
    await crowd.cursorsGo(there, LEASE_MS);
    const promises = ledger.promises(documentId);
    const ackedMeanwhile = ledger.counts().acked - ackedBefore;
    expect(ackedMeanwhile).toBeGreaterThan(0);
    there.thaw();
    const thawedAt = performance.now();
    for (const [i, client] of late.entries()) {
      const doc = new Y.Doc();
      Y.applyUpdate(doc, await wholeAnswer(client, documentId, await accepted(opening[i]!)));
      expect(keepsPromises(viewOf(doc, 'who came in'), promises, ledger)).toEqual([]);
    }
    const text = await reading;
    const standing = promises.filter(({ insert, token }) => insert.acked && !ledger.isDeleted(token));
    expect(standing.filter(({ token }) => !text.includes(token.name))).toEqual([]);
    const facts = { 'frozen ms': Math.round(thawedAt - frozenAt), 'acked meanwhile': ackedMeanwhile };
    await crowd.acknowledged();
    expect(await trial.end('SIGSTOP', facts)).toEqual([]);
  });

  it('F33 G13: SIGTERM while people type: nothing is lost, exit 0 within 10 s, the other node takes over', async () => {
    trial = await Trial.begin(cluster);
    const { crowd } = trial;
    const { server } = here;
    for (const writer of crowd.at(here)) writer.watchGaps();
    here.server.signal('SIGTERM');
    const since = performance.now();
    // As a load balancer does that sees the node no longer ready.
    here.door.aim(there.server.url);
    expect(await server.exited()).toBe(0);
    const drainedMs = Math.round(performance.now() - since);
    expect(drainedMs).toBeLessThan(DRAINED_MS * patience());
    const exitedAt = performance.now();
    await eventually('all go on', () => crowd.at(here).every(({ lastAckAt }) => lastAckAt > exitedAt));
    const gapMs = Math.round(Math.max(...crowd.at(here).map(({ longestGapMs }) => longestGapMs)));
    await here.start();
    expect(await trial.end('F33', { 'drained after ms': drainedMs, 'typing gap ms': gapMs })).toEqual([]);
    expect(gapMs).toBeLessThan(TYPING_GAP_MS * patience());
  });

  describe.each([
    ['heard', 1_000],
    ['found out, the bus being dead,', FOUND_OUT_MS],
  ])('F31 D8 G11: of what the owner takes away on one node, %s on the other within %i ms', (how, withinMs) => {
    it.each(Object.keys(ACTS) as Act[])('%s', async (act) => {
      if (how !== 'heard') heals.push(there.toPostgres.blackhole(named('tandem-bus')));
      const toldMs = await takeAway(cluster, there, act, withinMs);
      report(`F31 ${act}, ${how}`, { 'told after ms': Math.round(toldMs) });
    });
  });

  async function textAt({ server }: ClusterNode, documentId: string): Promise<string> {
    const headers = { Authorization: `Bearer ${cluster.people[0]!.token}` };
    const response = await fetch(`${server.url}/api/v1/documents/${documentId}/text`, { headers });
    return response.text();
  }
});
