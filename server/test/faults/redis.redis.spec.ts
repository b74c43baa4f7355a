import { afterAll, afterEach, beforeAll, expect, it } from '@jest/globals';
import { patience } from '../../src/testing/patience.js';
import { isRunning } from '../../src/testing/processes.js';
import { describeWith } from '../../src/testing/requires.js';
import { accepted } from '../support/plain-client.js';
import { Cluster } from './support/cluster.js';
import type { ClusterNode } from './support/cluster-node.js';
import type { Crowd } from './support/crowd.js';
import { editAt, hangUp } from './support/editors.js';
import { report } from './support/report.js';
import { ACTS, type Act, takeAway } from './support/taken-away.js';
import { IS_LONG, Trial } from './support/trial.js';

const FOUND_OUT_MS = 2_500;
/** F10: what may wait for Redis; and what a busy machine takes for anything. */
const WAITS_MS = 1_000;
const SLACK_MS = 500;
const DARK_MS = IS_LONG ? 60_000 : 5_000;

describeWith('redis-server', 'two nodes and a Redis that fails', (program) => {
  let cluster: Cluster;
  let here: ClusterNode;
  let there: ClusterNode;
  let trial: Trial | undefined;
  const heals: (() => void)[] = [];
  beforeAll(async () => {
    cluster = await Cluster.start({ nodes: 2, redis: program });
    [here, there] = cluster.nodes as [ClusterNode, ClusterNode];
  });
  afterEach(async () => {
    for (const heal of heals.splice(0)) heal();
    hangUp();
    await trial?.close();
    trial = undefined;
  });
  afterAll(async () => {
    expect(await cluster?.stop()).toEqual([0, 0]);
  });

  it('F9 D1 D5: Redis is killed, comes back empty and is flushed: editing goes on, and the nodes know of each other', async () => {
    trial = await Trial.begin(cluster);
    const { crowd } = trial;
    await crowd.cursorsCross();
    const { pid } = cluster.redis;
    const silence = crowd.ledger.watchSilence();
    await cluster.redis.kill9();
    expect(isRunning(pid)).toBe(false);
    await crowd.acknowledged();
    const found = await crossings(crowd);
    await expect(crowd.cursorsCross({ timeoutMs: 500 })).rejects.toThrow();
    for (const writer of crowd.writers) writer.startTyping();
    await cluster.redis.restart();
    await crowd.cursorsCross();
    await cluster.redis.flush();
    await crowd.acknowledged();
    await crowd.cursorsCross();
    const facts = { 'found out after ms': found, 'longest silence ms': Math.round(silence()) };
    expect(await trial.end('F9', facts)).toEqual([]);
  });

  it(
    `F10 F11: Redis swallows everything for ${DARK_MS / 1000} s: nothing waits for it, and edits are found out`,
    async () => {
      trial = await Trial.begin(cluster);
      const { crowd } = trial;
      for (const node of cluster.nodes) heals.push(node.toRedis.blackhole());
      const before = cluster.nodes.map(({ toRedis }) => toRedis.passed('up'));
      const since = performance.now();
      const slowest = new Map<string, number>();
      do {
        for (const [what, ms] of await everythingOnce()) slowest.set(what, Math.max(ms, slowest.get(what) ?? 0));
      } while (performance.now() - since < DARK_MS);
      const found = await crossings(crowd);
      await expect(crowd.cursorsCross({ timeoutMs: 500 })).rejects.toThrow();
      for (const [place, { toRedis }] of cluster.nodes.entries()) {
        expect(toRedis.passed('up')).toBeLessThanOrEqual(before[place]!);
      }
      for (const heal of heals.splice(0)) heal();
      await crowd.cursorsCross();
      const facts = Object.fromEntries([...slowest].map(([what, ms]) => [`${what} ms`, Math.round(ms)]));
      expect(await trial.end('F10', { 'found out after ms': found, ...facts })).toEqual([]);
      const allowedMs = (WAITS_MS + SLACK_MS) * patience();
      expect([...slowest].filter(([, ms]) => ms > allowedMs)).toEqual([]);
    },
    180_000 + 2 * DARK_MS,
  );

  it.each(Object.keys(ACTS) as Act[])(
    'F31 D8 G11: %s, found out on the other node, Redis being silent',
    async (act) => {
      for (const node of cluster.nodes) heals.push(node.toRedis.blackhole());
      const toldMs = await takeAway(cluster, there, act, FOUND_OUT_MS);
      report(`F31 ${act}, Redis silent`, { 'told after ms': Math.round(toldMs) });
    },
  );

  /** With nobody typing beside, who would find out what others wrote by that alone; in milliseconds. */
  async function crossings(crowd: Crowd): Promise<number> {
    for (const writer of crowd.writers) writer.stopTyping();
    const ways = [await crowd.crosses(here, there, FOUND_OUT_MS), await crowd.crosses(there, here, FOUND_OUT_MS)];
    return Math.round(Math.max(...ways));
  }

  /** Each kind of request at a node, and how long it took to be answered, in milliseconds. */
  async function everythingOnce(): Promise<[string, number][]> {
    const times: [string, number][] = [];
    const timed = async <T>(what: string, work: Promise<T>): Promise<T> => {
      const since = performance.now();
      const result = await work;
      times.push([what, performance.now() - since]);
      return result;
    };
    const [owner] = cluster.people;
    const documentId = await timed('create', cluster.addDocument('const a = 1;\n'));
    const editor = await timed('connect and open', editAt(here, owner!, documentId));
    await timed('edit', editor.type('const b = '));
    const { client } = editor;
    const stateVector = editor.opened.stateVector;
    const asked = timed('completion', client.ask('completion:start', { documentId, offset: 3, stateVector }));
    await timed('analysis', client.ask('analysis:start', { documentId }));
    const answer = await asked;
    if (answer.ok) await timed('cancel', client.ask('completion:cancel', { completionId: answer.completionId }));
    await timed('project', accepted(client.ask('project:open', { projectId: cluster.projectId })));
    await timed('text', owner!.api.text(documentId));
    await timed('close', accepted(client.ask('document:close', { documentId })));
    await timed('delete', owner!.api.deleteDocument(documentId));
    client.disconnect();
    return times;
  }
});
