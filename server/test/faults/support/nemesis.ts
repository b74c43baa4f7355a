import { setTimeout as delay } from 'node:timers/promises';
import type { SeededRandom } from '@tandem/protocol/testing';
import type { Cluster } from './cluster.js';
import type { ClusterNode } from './cluster-node.js';

type Attack = (cluster: Cluster, node: ClusterNode, forMs: number) => Promise<void>;

/** What may befall a cluster; each comes to an end by itself. One node or one service is hit, for so long. */
const ATTACKS: Readonly<Record<string, Attack>> = {
  'a node is killed': async (_cluster, node, forMs) => {
    node.kill();
    await node.server.exited();
    await delay(forMs / 2);
    await revive(node);
  },
  'a node is stopped in good order': async (_cluster, node) => {
    const { server } = node;
    node.door.aim(undefined);
    server.signal('SIGTERM');
    await server.exited();
    await revive(node);
  },
  'a node is frozen': async (_cluster, node, forMs) => {
    node.freeze();
    await delay(forMs);
    node.thaw();
  },
  'a node is cut off from PostgreSQL': async (_cluster, node, forMs) => {
    const heal = node.toPostgres.blackhole();
    await delay(forMs);
    heal();
  },
  'the connections of a node to PostgreSQL are reset': async (_cluster, node) => {
    node.toPostgres.reset();
  },
  'a node is far from PostgreSQL': async (_cluster, node, forMs) => {
    const heal = node.toPostgres.impair({ delayMs: 100 });
    await delay(forMs);
    heal();
  },
  'a node is cut off from Redis': async (_cluster, node, forMs) => {
    const heal = node.toRedis.blackhole();
    await delay(forMs);
    heal();
  },
  'Redis is killed': async ({ redis }, _node, forMs) => {
    await redis.kill9();
    await delay(forMs / 2);
    await redis.restart();
  },
  'Redis is flushed': async ({ redis }) => {
    await redis.flush();
  },
  'PostgreSQL is killed': async ({ postgres }) => {
    const { pid } = postgres;
    await postgres.kill9();
    await postgres.isBack(pid);
  },
  'PostgreSQL is restarted': async ({ postgres }) => {
    const { pid } = postgres;
    postgres.shutDown('fast');
    await postgres.isBack(pid);
  },
  'editors lose their connections': async (_cluster, node) => {
    node.door.reset();
  },
  'editors are on a thin line': async (_cluster, node, forMs) => {
    const heal = node.door.impair({ bytesPerSecond: 20_000, delayMs: 50 });
    await delay(forMs);
    heal();
  },
};

/** As a process manager does: a node that found no database ends, and is started again. */
async function revive(node: ClusterNode): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await node.start();
    } catch (error) {
      if (attempt === 10) throw error;
      await delay(500);
    }
  }
}

/** One thing at a time of each; what hits a process or a service is not hit again before it is over. */
export class Nemesis {
  /** What it did, in order. */
  readonly deeds: string[] = [];
  private readonly busy = new Set<unknown>();

  constructor(
    private readonly cluster: Cluster,
    private readonly random: SeededRandom,
  ) {}

  /** So many attacks, which may overlap. Resolves when all are over and everything runs. */
  async attack(count: number): Promise<void> {
    const running: Promise<void>[] = [];
    for (let i = 0; i < count; i++) {
      running.push(this.one());
      await delay(this.random.integer(1_200));
    }
    await Promise.all(running);
  }

  private async one(): Promise<void> {
    const name = this.random.pick(Object.keys(ATTACKS));
    const node = this.random.pick(this.cluster.nodes);
    const forMs = 300 + this.random.integer(3_000);
    const victim = name.startsWith('Redis') || name.startsWith('PostgreSQL') ? name.split(' ')[0] : node;
    if (this.busy.has(victim)) return;
    this.busy.add(victim);
    this.deeds.push(name);
    try {
      await ATTACKS[name]!(this.cluster, node, forMs);
    } finally {
      this.busy.delete(victim);
    }
  }
}
