import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, it } from '@jest/globals';
import { eventually } from '../../src/testing/eventually.js';
import { describeWith } from '../../src/testing/requires.js';
import { makeTempDir, removeTempDir } from '../../src/testing/temp-dir.js';
import { Cluster } from './support/cluster.js';
import type { ClusterNode } from './support/cluster-node.js';
import { connectTo, editAt, hangUp } from './support/editors.js';
import { Trial } from './support/trial.js';

/** A look at who has not been heard of for too long, and a busy machine. */
const SWEPT_MS = 6_500;

// The program itself is not used: it comes with the library that the server is started with.
describeWith('faketime', 'two nodes, one of which has another time', () => {
  const dir = makeTempDir();
  const clock = join(dir, 'clock');
  let cluster: Cluster;
  let right: ClusterNode;
  let wrong: ClusterNode;
  let trial: Trial | undefined;
  beforeAll(async () => {
    writeClock(0);
    cluster = await Cluster.start({ nodes: 2, envOf: (place) => (place === 1 ? fakeTime(clock) : {}) });
    [right, wrong] = cluster.nodes as [ClusterNode, ClusterNode];
  });
  afterEach(async () => {
    hangUp();
    await trial?.close();
    trial = undefined;
  });
  afterAll(async () => {
    await cluster?.stop();
    removeTempDir(dir);
  });

  it('F17: a step of ten minutes forward takes nobody’s cursor away', async () => {
    trial = await Trial.begin(cluster);
    const { crowd } = trial;
    await crowd.cursorsCross({ from: wrong });
    await crowd.cursorsCross({ from: right });
    await setClock(600);
    await Promise.all([wrong, right].map((node) => expect(crowd.cursorsGo(node, SWEPT_MS)).rejects.toThrow()));
    expect(await trial.end('F17', { 'seconds forward': 600 })).toEqual([]);
  });

  it('F17: ten minutes ahead, then a step of twenty back: edits and cursors go on, tokens of the future are refused', async () => {
    trial = await Trial.begin(cluster);
    const { crowd } = trial;
    await setClock(600);
    await crowd.cursorsCross({ from: right });
    await crowd.cursorsCross({ from: wrong });
    const documentId = await cluster.addDocument('text');
    const stranger = await cluster.addMember();
    for (const node of cluster.nodes) expect((await editAt(node, stranger, documentId)).text).toBe('text');
    const connections = crowd.writers.map((writer) => writer.connections);
    await setClock(-600);
    await crowd.acknowledged();
    await crowd.cursorsCross({ from: right });
    await crowd.cursorsCross({ from: wrong });
    // A clock that is wrong by more than half a minute is told to who signs in, not to who is in.
    await expect(connectTo(wrong, stranger)).rejects.toThrow('invalid_token');
    expect((await editAt(right, stranger, documentId)).text).toBe('text');
    expect(crowd.writers.map((writer) => writer.connections)).toEqual(connections);
    await setClock(0);
    expect(await trial.end('F17', { 'seconds ahead': 600, 'after the step': -600 })).toEqual([]);
  });

  /** Resolves when the node has taken notice. */
  async function setClock(secondsAhead: number): Promise<void> {
    writeClock(secondsAhead);
    await eventually(`the clock is ${secondsAhead} s ahead`, async () => {
      const { headers } = await fetch(`${wrong.server.url}/livez`);
      return Math.abs((Date.parse(headers.get('date')!) - Date.now()) / 1000 - secondsAhead) < 10;
    });
  }

  function writeClock(secondsAhead: number): void {
    writeFileSync(clock, `${secondsAhead < 0 ? '' : '+'}${secondsAhead}s\n`);
  }
});

/** What makes a process believe another time of day; monotonic time stays. */
function fakeTime(clock: string): Record<string, string> {
  const places = readdirSync('/usr/lib').map((name) => join('/usr/lib', name, 'faketime'));
  const library = places.flatMap((place) => {
    try {
      return readdirSync(place).flatMap((name) => (name.startsWith('libfaketimeMT.so') ? [join(place, name)] : []));
    } catch {
      return [];
    }
  })[0];
  return {
    LD_PRELOAD: library!,
    FAKETIME_TIMESTAMP_FILE: clock,
    FAKETIME_CACHE_DURATION: '1',
    FAKETIME_DONT_FAKE_MONOTONIC: '1',
  };
}
