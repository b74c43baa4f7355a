import { afterAll, afterEach, beforeAll, expect, it } from '@jest/globals';
import { eventually } from '../../src/testing/eventually.js';
import { isRunning } from '../../src/testing/processes.js';
import { Cluster } from './support/cluster.js';
import { editAt, hangUp } from './support/editors.js';
import { SdkWriter } from './support/sdk-writer.js';
import { describeAsRoot, SmallDisk } from './support/small-disk.js';
import { IS_LONG, Trial } from './support/trial.js';

const MEGABYTES = 128;
/** After an outage of the whole time that edits wait, they are given back. */
const GIVEN_BACK_MS = 45_000;

describeAsRoot('a PostgreSQL whose disk is full', () => {
  let disk: SmallDisk;
  let cluster: Cluster;
  let trial: Trial | undefined;
  beforeAll(async () => {
    disk = new SmallDisk(MEGABYTES);
    cluster = await Cluster.start({ databaseDir: disk.dir });
  });
  afterEach(async () => {
    disk.free();
    hangUp();
    await trial?.close();
    trial = undefined;
  });
  afterAll(async () => {
    const codes = await cluster?.stop();
    disk?.remove();
    expect(codes).toEqual([0]);
  });

  it('F6 V6: nothing is acknowledged and everybody is told; reading goes on; with space it goes on by itself', async () => {
    const { node, people } = cluster;
    trial = await Trial.begin(cluster);
    const { crowd, documentIds } = trial;
    const { pid } = node.server;
    const filled = disk.fill();
    expect(filled).toBeGreaterThan(0);
    const sdk = crowd.writers.filter((writer) => writer instanceof SdkWriter);
    await eventually('everybody is told', () => sdk.every(({ isStalled }) => isStalled));
    const { acked } = crowd.ledger.counts();
    const since = performance.now();
    const reader = await editAt(node, people[1]!, documentIds[0]!, 'reader');
    expect(reader.text.length).toBeGreaterThan(0);
    if (IS_LONG) await eventually('edits are given back', () => crowd.refusals > 0, GIVEN_BACK_MS);
    else await eventually('a while has passed', () => performance.now() - since > 1_500);
    expect(crowd.ledger.counts().acked).toBe(acked);
    expect(isRunning(pid)).toBe(true);
    disk.free();
    const resumedMs = Math.round(await crowd.acknowledged());
    expect(await crowd.lookForLosses()).toEqual([]);
    expect(await trial.end('F6', { 'bytes that were free': filled, 'resumed after ms': resumedMs })).toEqual([]);
  }, 240_000);
});
