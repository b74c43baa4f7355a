import { stateOf } from '../../../src/core/document/stored-state.js';
import type { StoredSnapshot } from '../../../src/core/document/update-log.js';
import { snapshotOf } from '../../../src/testing/simulation/simulated-compactor.js';
import type { SimulatedNode } from '../../../src/testing/simulation/simulated-node.js';
import { unrest } from './heal.js';
import { lie } from './liar.js';
import type { Step } from './plan.js';
import type { Tab } from './tab.js';
import { DOCUMENTS, USERS, type World } from './world.js';

type Of<D extends Step['do']> = Extract<Step, { do: D }>;
/** False when there was nothing to do it to. */
type Done = boolean | Promise<boolean>;
type Backup = ReturnType<World['database']['backup']>;

const UPDATE = 'document:update';

/** What each step of a plan does to the world. */
export class Steps {
  private backup: Backup | undefined;

  constructor(private readonly world: World) {}

  async take(step: Step): Promise<void> {
    const { loop, coverage } = this.world;
    await loop.pass(step.after ?? 0);
    const act = this.acts[step.do] as (step: Step) => Done;
    if (await act(step)) coverage.note(`step ${step.do}`);
  }

  private readonly acts: { [D in Step['do']]: (step: Of<D>) => Done } = {
    edit: async ({ tab, doc, at, insert = 0, remove = 0, times = 1 }) => {
      for (let i = 0; i < times; i++) await this.inTab(tab, (one) => one.edit(doc, at, { insert, remove }));
      return this.isOpen(tab);
    },
    paste: ({ tab, doc, at, size }) => this.inTab(tab, (one) => one.edit(doc, at, { insert: 1, remove: 0, size })),
    cursor: ({ tab, doc, at }) => this.inTab(tab, (one) => one.moveCursor(doc, at)),
    cut: ({ tab, client, server, lossy }) => {
      const link = this.linkOf(tab);
      link?.cut({ clientMs: client, serverMs: server, isLossy: lossy });
      return link !== undefined;
    },
    slow: ({ tab }) => {
      const link = this.linkOf(tab);
      link?.toClient.hold();
      return link !== undefined;
    },
    read: ({ tab }) => {
      const link = this.linkOf(tab);
      link?.toClient.release();
      return link !== undefined;
    },
    'crash tab': ({ tab }) => this.crash(tab),
    'close tab': async ({ tab }) => {
      const one = this.tab(tab);
      if (one) await this.world.loop.enter(one.process, () => void one.close());
      return one !== undefined;
    },
    reopen: ({ tab, doc }) => this.inTab(tab, (one) => one.reopen(doc)),
    'open tab': (plan) => this.world.openTab(plan),
    move: ({ tab, node }) => {
      const one = this.tab(tab);
      if (one) one.node = node;
      this.linkOf(tab)?.cut({ clientMs: 1, serverMs: 2, isLossy: false });
      return one !== undefined;
    },
    repeat: ({ tab }) => this.linkOf(tab)?.toServer.repeatLast(UPDATE) ?? false,
    swap: ({ tab }) => this.linkOf(tab)?.toServer.swapLast(UPDATE) ?? false,
    'refused edit': ({ tab, doc }) => this.inTab(tab, (one) => one.writeMap(doc)),
    lie: (step) => lie(this.world, step),
    kill: ({ node }) => this.world.killNode(node),
    start: ({ node }) => {
      const isDown = this.world.nodes[node] === undefined;
      this.world.startNode(node);
      return isDown;
    },
    stop: ({ node }) => this.world.stopNode(node),
    pause: ({ node }) => this.world.nodes[node]?.pause() ?? false,
    continue: ({ node }) => this.world.nodes[node]?.resume() ?? false,
    clock: ({ node, by }) =>
      this.withNode(node, (one) => {
        one.process.clockError = by;
      }),
    database: ({ node, is }) => {
      const nodes = node === 'all' ? this.world.liveNodes : [this.world.nodes[node]];
      for (const one of nodes) if (one) one.database.state = is;
      return nodes.some((one) => one !== undefined);
    },
    fault: ({ node, on, is, times }) => this.withNode(node, (one) => one.database.fail(on, is, times)),
    bus: ({ is }) => {
      const { carrier } = this.world;
      carrier.heal();
      if (is === 'dead') carrier.isDead = true;
      else if (is !== 'up') carrier.faults = is;
      return true;
    },
    compact: (step) => this.compact(step),
    role: async ({ user, role, via }) => {
      if (!this.world.database.roles.has(USERS[user]!)) return false;
      await this.world.setRole(USERS[user]!, role, via);
      return true;
    },
    remove: async ({ user, via }) => {
      if (!this.world.database.roles.has(USERS[user]!)) return false;
      await this.world.setRole(USERS[user]!, undefined, via);
      return true;
    },
    add: async ({ user, via }) => {
      if (this.world.database.roles.has(USERS[user]!)) return false;
      await this.world.setRole(USERS[user]!, 'editor', via);
      return true;
    },
    delete: (step) => this.delete(step),
    reset: ({ doc }) => this.reset(DOCUMENTS[doc]!),
    damage: ({ doc, at }) => this.world.database.damage(DOCUMENTS[doc]!, at),
    backup: () => {
      this.backup = this.world.database.backup();
      return true;
    },
    restore: (step) => this.restore(step),
    wait: () => true,
    check: () => {
      const lacks = unrest(this.world);
      if (lacks.length > 0) this.world.violate('it is not at rest', lacks.join('; '));
      return true;
    },
  };

  private tab(number: number): Tab | undefined {
    const tab = this.world.tabs.get(number);
    return tab?.isOpen ? tab : undefined;
  }

  private isOpen(number: number): boolean {
    return this.tab(number) !== undefined;
  }

  private async inTab(number: number, act: (tab: Tab) => void): Promise<boolean> {
    const tab = this.tab(number);
    if (tab) await this.world.loop.enter(tab.process, () => act(tab));
    return tab !== undefined;
  }

  private linkOf(number: number) {
    const link = this.tab(number)?.connection?.link;
    return link?.isOpenAtClient && link.isOpenAtServer ? link : undefined;
  }

  private withNode(index: number, act: (node: SimulatedNode) => void): boolean {
    const node = this.world.nodes[index];
    if (node) act(node);
    return node !== undefined;
  }

  private crash(number: number): boolean {
    const tab = this.tab(number);
    if (!tab) return false;
    tab.isOpen = false;
    tab.connection?.link.cut({ clientMs: 0, serverMs: 2, isLossy: false });
    this.world.loop.kill(tab.process);
    return true;
  }

  /** A compactor of another node: it reads now, and moves the pointer when it is done. */
  private async compact({ doc, takes }: Of<'compact'>): Promise<boolean> {
    const { database, loop, coverage } = this.world;
    const documentId = DOCUMENTS[doc]!;
    const stored = await database.log.load(documentId);
    if (!stored || stored.rows.length === 0) return false;
    let snapshot: StoredSnapshot;
    try {
      const state = stateOf(stored);
      snapshot = snapshotOf(state.encode(), state.seq);
    } catch {
      // The oracle will say so, if it stays like this.
      return false;
    }
    loop.post(database.process, takes, () => {
      void database.log
        .saveSnapshot(documentId, snapshot, stored.snapshot?.seq ?? 0, stored.epoch)
        .then((isSaved) => coverage.note(isSaved ? 'compacted elsewhere' : 'compaction lost the race'));
    });
    return true;
  }

  private async delete({ doc, via }: Of<'delete'>): Promise<boolean> {
    const { world } = this;
    const documentId = DOCUMENTS[doc]!;
    const document = world.database.document(documentId);
    if (!document) return false;
    world.epochEnds(documentId);
    world.database.delete(documentId);
    const node = via === null ? undefined : world.nodes[via];
    if (node) {
      const { projectId } = document;
      await world.loop.enter(node.process, () => node.tell({ type: 'document.deleted', projectId, documentId }));
    }
    return true;
  }

  private reset(documentId: string): boolean {
    const { world } = this;
    if (!world.database.document(documentId)) return false;
    world.epochEnds(documentId);
    world.database.reset(documentId, USERS[0]!, '<anew>');
    return true;
  }

  private async restore({ live }: Of<'restore'>): Promise<boolean> {
    const { world, backup } = this;
    if (!backup) return false;
    if (!live) world.killStopping();
    const down = live ? [] : world.nodes.map((_, index) => index).filter((index) => world.killNode(index));
    for (const documentId of world.documentIds) world.epochEnds(documentId);
    world.database.restore(backup);
    await world.loop.pass(5);
    for (const index of down) world.startNode(index);
    return true;
  }
}
