import { setTimeout as delay } from 'node:timers/promises';
import { type SeededRandom, seededRandom } from '@tandem/protocol/testing';
import { eventually } from '../../../src/testing/eventually.js';
import { isRunning, killNow, processTree } from '../../../src/testing/processes.js';
import type { Cluster } from './cluster.js';
import type { ClusterNode } from './cluster-node.js';
import { Crowd } from './crowd.js';
import { type Counts, countsSince, type Ledger } from './ledger.js';
import type { Violation } from './oracle.js';

/**
 * Who gets the kill -9: a node, all nodes, all of PostgreSQL, all nodes and PostgreSQL, or one child of PostgreSQL, upon
 * which it ends all others and recovers by itself.
 */
export const VICTIMS = ['node', 'nodes', 'postgres', 'both', 'backend'] as const;

export interface RoundPlan {
  readonly seed: number;
  readonly victim: (typeof VICTIMS)[number];
  readonly writers: number;
  /** How long they type before the kill. */
  readonly afterMs: number;
  /** Redis is emptied between the kill and the recovery. */
  readonly flush: boolean;
}

export interface RoundRecord {
  /** Of this round, at the kill. */
  readonly counts: Counts;
  /** Inserts that nobody was told of and that were stored: the crash fell between commit and answer (F2). */
  readonly storedUntold: number;
  /** Milliseconds from the kill until all that was hit runs again. */
  readonly readyAfterMs: number;
  /** From then until each node has acknowledged an edit. */
  readonly ackAfterMs: number | undefined;
  readonly violations: readonly Violation[];
}

/** One in so many writers loses its machine with the server: nobody else can bring back what they were promised. */
const CASUALTIES = 7;
/** The kill falls somewhere into the answers to a burst of edits, so that commits are under way. */
const BURST = { edits: 3, withinMs: 12 };
/** Edits a second of all writers together: what a machine of two cores carries beside its processes. */
const EDITS_PER_SECOND = 250;
const RECOVERY_MS = 30_000;

/** People in the documents of a cluster, one crash, and what is left. */
export class Round {
  readonly crowd: Crowd;
  private readonly random: SeededRandom;
  private readonly node: ClusterNode;

  constructor(
    private readonly cluster: Cluster,
    private readonly ledger: Ledger,
    private readonly plan: RoundPlan,
    documentIds: readonly string[],
  ) {
    this.random = seededRandom(plan.seed);
    this.node = this.random.pick(cluster.nodes);
    const { writers } = plan;
    const everyMs = (writers / EDITS_PER_SECOND) * 1000;
    this.crowd = new Crowd({ cluster, random: this.random, ledger, documentIds, writers, everyMs });
  }

  /** `moment` resolves at the time of the kill; the writers type meanwhile. */
  async run(moment: () => Promise<unknown> = () => delay(this.plan.afterMs)): Promise<RoundRecord> {
    const { crowd, ledger } = this;
    const before = ledger.counts();
    await crowd.typing();
    await moment();
    const { strike, recover } = await this.aim();
    crowd.burst(BURST.edits);
    await delay(this.random.next() * BURST.withinMs);

    strike();
    const killedAt = performance.now();
    const counts = countsSince(before, ledger.counts());
    const places = await crowd.lose(Math.ceil(crowd.seats.length / CASUALTIES));
    // What the nodes had sent before they died is still read.
    const hit = this.hitNodes.flatMap((node) => crowd.at(node));
    await eventually('everybody has lost their node', () => hit.every(({ isConnected }) => !isConnected));
    const storedUntold = await recover();
    const readyAfterMs = performance.now() - killedAt;
    const lost = await crowd.lookForLosses();
    const record = { counts, storedUntold, readyAfterMs, ackAfterMs: undefined, violations: lost };
    if (lost.length > 0) return record;

    for (const node of this.hitNodes) node.open();
    for (const place of places) crowd.seat(place).startTyping();
    const ackAfterMs = await crowd.acknowledged();
    return { ...record, ackAfterMs, violations: await crowd.settle() };
  }

  close(): Promise<void> {
    return this.crowd.close();
  }

  private get hitNodes(): readonly ClusterNode[] {
    switch (this.plan.victim) {
      case 'node':
        return [this.node];
      case 'nodes':
      case 'both':
        return this.cluster.nodes;
      default:
        return [];
    }
  }

  /** Finds the victims. `strike` is one turn; `recover` resolves when all run again, doors still shut. */
  private async aim(): Promise<{ strike: () => void; recover: () => Promise<number> }> {
    const { victim } = this.plan;
    const { cluster } = this;
    const before = cluster.database.pid;
    const tree = await processTree(before);
    const backend = this.random.pick(tree.slice(1));
    const doomed = { node: [], nodes: [], backend: [backend], postgres: tree, both: tree }[victim];
    return {
      strike: () => {
        for (const node of this.hitNodes) node.kill();
        for (const pid of doomed) killNow(pid);
      },
      recover: async () => {
        await Promise.all(this.hitNodes.map((node) => node.server.exited()));
        if (this.plan.flush) await cluster.redis.flush();
        // One that lost a child stays the same process; from the turn in which it learns of it, it lets nobody in.
        await eventually('the victims are gone', () => doomed.every((pid) => !isRunning(pid)));
        const isBack = () => doomed.length === 0 || victim === 'backend' || cluster.database.pid !== before;
        if (cluster.startsItsDatabase) await this.restart();
        await eventually('PostgreSQL is back', async () => (await takesSessions(cluster)) && isBack(), RECOVERY_MS);
        const untold = await this.crowd.storedUntold();
        if (!cluster.startsItsDatabase) await this.restart();
        return untold;
      },
    };
  }

  private async restart(): Promise<void> {
    await Promise.all(this.hitNodes.map((node) => node.start({ doorOpens: false })));
  }
}

async function takesSessions(cluster: Cluster): Promise<boolean> {
  return cluster.sql(async () => true).catch(() => false);
}
