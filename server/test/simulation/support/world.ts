import { DEFAULT_LIMITS, type Role } from '@tandem/protocol';
import { type SeededRandom, seededRandom } from '@tandem/protocol/testing';
import { pino } from 'pino';
import type { Compactor } from '../../../src/core/document/compactor.js';
import type { UpdateLog } from '../../../src/core/document/update-log.js';
import type { DatabaseLink } from '../../../src/testing/simulation/database-link.js';
import { SimulatedCarrier } from '../../../src/testing/simulation/simulated-bus.js';
import { SimulatedCompactor } from '../../../src/testing/simulation/simulated-compactor.js';
import type { SimulatedConnection } from '../../../src/testing/simulation/simulated-connection.js';
import { SimulatedDatabase } from '../../../src/testing/simulation/simulated-database.js';
import { SimulatedLog } from '../../../src/testing/simulation/simulated-log.js';
import { SimulatedNode } from '../../../src/testing/simulation/simulated-node.js';
import { Process, VirtualLoop } from '../../../src/testing/simulation/virtual-loop.js';
import { Coverage } from './coverage.js';
import { Ledger } from './ledger.js';
import { Dialer } from './network.js';
import type { Plan, TabPlan } from './plan.js';
import { ProfileOutbox } from './profile-outbox.js';
import { Tab } from './tab.js';
import { Truth } from './truth.js';
import { Violation } from './violation.js';
import { WireMonitor } from './wire-monitor.js';

export const PROJECT = '00000000-0000-4000-8000-0000000000f1';
export const DOCUMENTS = ['00000000-0000-4000-8000-0000000000d1', '00000000-0000-4000-8000-0000000000d2'];
export const USERS = [0, 1, 2, 3].map((n) => `0000000${n}-0000-4000-8000-00000000000${n}`);
/** Of the one who does not keep to the protocol. */
export const LIAR = '00000009-0000-4000-8000-000000000009';

/** So small that a paste goes in parts. */
const MAX_UPDATE_BYTES = 1_500;
/** D8, with the bus dead: two seconds, and the statement that finds it out. */
const SILENT_AFTER_MS = 2_100;

/** Doubles that break a promise on purpose, to see that it is found. */
export interface Flaws {
  readonly log?: (link: DatabaseLink) => UpdateLog;
  readonly compactor?: () => Compactor;
  readonly database?: typeof SimulatedDatabase;
  readonly carrier?: typeof SimulatedCarrier;
  readonly outbox?: typeof ProfileOutbox;
}

/** Everything that a plan acts on. */
export class World {
  readonly coverage = new Coverage();
  readonly ledger = new Ledger();
  readonly outbox: ProfileOutbox;
  readonly outside = new Process('outside');
  readonly loop: VirtualLoop;
  readonly database: SimulatedDatabase;
  readonly carrier: SimulatedCarrier;
  /** By number; undefined while one is down. */
  readonly nodes: (SimulatedNode | undefined)[];
  /** What is still ending after SIGTERM. */
  readonly stopping = new Set<SimulatedNode>();
  readonly tabs = new Map<number, Tab>();
  readonly monitor: WireMonitor;
  readonly dialer: Dialer;
  readonly violations: Violation[] = [];
  /** When somebody lost the right to read, in virtual milliseconds. */
  readonly removedAt = new Map<string, number>();
  private readonly random: SeededRandom;
  private readonly truths = new Map<string, Truth>();
  private lives = 0;

  constructor(
    readonly plan: Plan,
    private readonly flaws: Flaws = {},
    private readonly trace?: (line: string) => void,
  ) {
    this.random = seededRandom(plan.seed);
    const { note } = this.coverage;
    this.loop = new VirtualLoop(this.outside, this.random.next, (process, error) =>
      this.violate('a process would have ended', `${process.name}: ${(error as Error).stack}`),
    );
    this.database = new (flaws.database ?? SimulatedDatabase)(this.loop, PROJECT, (userId, documentId) =>
      this.violate('D8 stored after the right was gone', `${userId} in ${documentId}`),
    );
    this.outbox = new (flaws.outbox ?? ProfileOutbox)();
    this.carrier = new (flaws.carrier ?? SimulatedCarrier)(this.loop, seededRandom(plan.seed + 1), note, plan.bulk);
    for (const documentId of DOCUMENTS) this.database.create(documentId);
    for (const userId of [...USERS, LIAR]) this.database.roles.set(userId, 'editor');
    this.nodes = Array.from({ length: plan.nodes }, () => undefined);
    this.monitor = new WireMonitor({
      liarId: LIAR,
      ledger: this.ledger,
      note,
      violate: (kind, detail) => this.violate(kind, detail),
      trace: trace && ((line) => trace(`${Math.round(this.loop.now)} ${line}`)),
      headOf: (documentId) => this.headOf(documentId),
      silencedSince: (connection, node) => this.silencedSince(connection, node),
    });
    this.dialer = new Dialer(this.loop, this.nodes, this.monitor);
  }

  violate(kind: string, detail: string): void {
    this.trace?.(`${Math.round(this.loop.now)} VIOLATION ${kind}: ${detail}`);
    this.violations.push(new Violation(kind, `${detail} at ${Math.round(this.loop.now)} ms`));
  }

  get documentIds(): string[] {
    return DOCUMENTS.filter((documentId) => this.database.document(documentId));
  }

  get liveNodes(): SimulatedNode[] {
    return this.nodes.filter((node) => node !== undefined);
  }

  get openTabs(): Tab[] {
    return [...this.tabs.values()].filter(({ isOpen }) => isOpen);
  }

  startNode(index: number): void {
    if (index >= this.nodes.length || this.nodes[index]) return;
    const { loop, database, carrier, coverage, flaws } = this;
    const random = seededRandom(this.plan.seed * 31 + ++this.lives);
    this.nodes[index] = new SimulatedNode(`node ${index} (${this.lives})`, {
      loop,
      database,
      carrier,
      random,
      logger: loggerTo(this.trace),
      limits: { ...DEFAULT_LIMITS, maxUpdateBytes: this.plan.maxUpdateBytes ?? MAX_UPDATE_BYTES },
      compactRows: this.plan.compactRows,
      log: flaws.log ?? ((link) => new SimulatedLog(link)),
      compactor: flaws.compactor ?? (() => new SimulatedCompactor(15)),
      note: coverage.note,
      report: (error) => this.violate('a listener threw', String((error as Error).stack)),
    });
  }

  killNode(index: number): boolean {
    const node = this.nodes[index];
    if (!node) return false;
    this.nodes[index] = undefined;
    for (const connection of node.connections.keys()) this.monitor.closed(connection);
    node.kill();
    return true;
  }

  killStopping(): void {
    for (const node of this.stopping) {
      for (const connection of node.connections.keys()) this.monitor.closed(connection);
      node.kill();
    }
    this.stopping.clear();
  }

  async stopNode(index: number): Promise<boolean> {
    const node = this.nodes[index];
    if (node?.process.state !== 'running') return false;
    this.nodes[index] = undefined;
    this.stopping.add(node);
    await this.loop.enter(node.process, () => {
      void node.stop().then(() => {
        this.stopping.delete(node);
        this.stopped(node);
      });
    });
    return true;
  }

  async openTab(plan: TabPlan): Promise<boolean> {
    if (this.tabs.get(plan.tab)?.isOpen) return false;
    const { loop, ledger, dialer, coverage } = this;
    const tab = new Tab(plan, {
      loop,
      ledger,
      dialer,
      random: seededRandom(this.plan.seed * 17 + plan.tab),
      userIds: USERS,
      documentIds: DOCUMENTS,
      outboxOf: (process) => this.outbox.of(process),
      note: coverage.note,
      violate: (kind, detail) => this.violate(kind, detail),
    });
    const twin = plan.idOf === undefined ? undefined : this.tabs.get(plan.idOf);
    const first = twin?.isOpen ? twin.providers.get(0) : undefined;
    // One that the server knows: of two who write under one id before it does, nobody can tell who is who (M12).
    const clientId = first?.status === 'open' ? first.doc.clientID : undefined;
    if (clientId !== undefined) {
      coverage.note(twin!.userId === tab.userId ? 'V1 an id twice, one user' : 'V1 an id twice, two users');
    }
    this.tabs.set(plan.tab, tab);
    await loop.enter(tab.process, () => tab.start(clientId));
    return true;
  }

  /** Changes a right, in the database at once; `via` a node the others hear of it. */
  async setRole(userId: string, role: Role | undefined, via: number | null): Promise<void> {
    const before = this.database.roles.get(userId);
    if (before === role) return;
    this.database.setRole(userId, role);
    if (role) this.removedAt.delete(userId);
    else this.removedAt.set(userId, this.loop.now);
    const node = via === null ? undefined : this.nodes[via];
    if (!node) return;
    const projectId = PROJECT;
    await this.loop.enter(node.process, () => {
      if (!role) node.tell({ type: 'member.removed', projectId, userId });
      else {
        const member = { userId, displayName: 'x', role };
        node.tell({ type: before ? 'member.changed' : 'member.added', projectId, member });
      }
    });
  }

  headOf(documentId: string): { head: number; epoch: number; truth: Truth } | undefined {
    const document = this.database.document(documentId);
    if (!document) return undefined;
    const { rows, epoch } = document;
    const life = `${documentId} ${epoch}`;
    const truth = this.truths.get(life) ?? new Truth(document);
    this.truths.set(life, truth);
    return { head: rows.length, epoch, truth };
  }

  /** The life of a document is over: what was promised in it must be there until now. */
  epochEnds(documentId: string): void {
    const document = this.database.document(documentId);
    if (document) this.ledger.epochEnded(documentId, document.epoch);
  }

  /** D8. Nodes that were cut off, stopped or not told may take longer: they are judged from when they could know. */
  private silencedSince(connection: SimulatedConnection, node: SimulatedNode): number | undefined {
    const removedAt = this.removedAt.get(connection.userId);
    if (removedAt === undefined || node.database.state !== 'up') return undefined;
    const from = Math.max(removedAt, node.database.impairedAt, node.resumedAt);
    const since = this.loop.now - from;
    return since > SILENT_AFTER_MS ? Math.round(since) : undefined;
  }

  /** F33: it is gone in time, and leaves nothing behind. */
  private stopped(node: SimulatedNode): void {
    const { process, engine } = node;
    this.coverage.note('stopped in good order');
    if (node.connections.size > 0) this.violate('a stopped node keeps connections', process.name);
    const unsaved = [...engine.rooms].filter(({ overlay }) => !overlay.isEmpty);
    // A statement that takes longer than a shutdown may: its outcome stays unknown, and the editors send it again.
    const wasHealthy = node.database.state === 'up' && this.loop.now - node.database.impairedAt > 5_000;
    if (unsaved.length > 0 && wasHealthy) this.violate('a stopped node keeps edits', process.name);
  }
}

/** Warnings of a server, on one line each: the same in every run. */
function loggerTo(trace: ((line: string) => void) | undefined) {
  if (!trace) return pino({ level: 'silent' });
  const isOurs = (frame: string) => /\/src\/(core|features|platform|adapters)\//.test(frame);
  const err = ({ stack = '' }: Error) => [stack.split('\n')[0], ...stack.split('\n').filter(isOurs)].join(' | ');
  const options = { level: 'warn', base: null, timestamp: false, serializers: { err } };
  return pino(options, { write: (line: string) => trace(line.trimEnd()) });
}
