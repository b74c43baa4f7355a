import type { SeededRandom } from '@tandem/protocol/testing';
import { eventually } from '../../../src/testing/eventually.js';
import type { Cluster } from './cluster.js';
import type { ClusterNode } from './cluster-node.js';
import type { Ledger } from './ledger.js';
import {
  areEqual,
  cannotBeOpened,
  isGapFree,
  isStored,
  keepsPromises,
  noComplaints,
  type Violation,
} from './oracle.js';
import { SdkWriter } from './sdk-writer.js';
import { StockWriter } from './stock-writer.js';
import { coldView, storedView, type View, viewOf } from './view.js';
import type { Writer } from './writer.js';

export interface CrowdOptions {
  readonly cluster: Cluster;
  readonly random: SeededRandom;
  readonly ledger: Ledger;
  readonly documentIds: readonly string[];
  readonly writers: number;
  /** Where they work; all nodes when absent. */
  readonly nodes?: readonly ClusterNode[];
  /** Between two edits of one of them, in milliseconds. */
  readonly everyMs?: number;
}

export interface Seat {
  readonly writer: Writer;
  readonly documentId: string;
  readonly node: ClusterNode;
}

const SETTLE_MS = 30_000;
/** How far a node may be behind the log, with nobody to tell it: one look at the heads. */
const STALE_MS = 2_500;

/** People in the documents of a cluster, spread over its nodes, and what they were promised. */
export class Crowd {
  readonly seats: Seat[] = [];

  constructor(private readonly options: CrowdOptions) {
    for (let place = 0; place < options.writers; place++) this.seat(place);
  }

  get ledger(): Ledger {
    return this.options.ledger;
  }

  get writers(): Writer[] {
    return this.seats.map(({ writer }) => writer);
  }

  /** How often a stock client was refused for now. */
  get refusals(): number {
    return this.writers.reduce((sum, writer) => sum + (writer instanceof StockWriter ? writer.refusals : 0), 0);
  }

  /** The writers at a node. */
  at(node: ClusterNode): Writer[] {
    return this.seats.filter((seat) => seat.node === node).map(({ writer }) => writer);
  }

  /** A writer with nothing takes the place: its neighbours in a document are other people, and two in five use the SDK. */
  seat(place: number): Writer {
    const { cluster, documentIds, ledger, random, everyMs, nodes = cluster.nodes } = this.options;
    const row = Math.floor(place / documentIds.length);
    const documentId = documentIds[place % documentIds.length]!;
    const node = nodes[row % nodes.length]!;
    const { token: accessToken } = cluster.people[(place + row) % cluster.people.length]!;
    const options = { url: node.url, accessToken, documentId, ledger, random, ...(everyMs && { everyMs }) };
    const writer = place % 5 < 2 ? new SdkWriter(options) : new StockWriter(options);
    this.seats[place] = { writer, documentId, node };
    return writer;
  }

  /** Resolves when everybody is in and types, and each node has acknowledged something. */
  async typing(): Promise<void> {
    for (const writer of this.writers) writer.startTyping();
    await eventually('everybody is in', () => this.writers.every(({ isConnected }) => isConnected), SETTLE_MS);
    await this.acknowledged();
  }

  /** Everybody at once, so that commits are under way. */
  burst(edits: number): void {
    for (let edit = 0; edit < edits; edit++) for (const writer of this.writers) writer.type();
  }

  /** Resolves when each node has acknowledged an edit from now on; to how long that took, in milliseconds. */
  async acknowledged(timeoutMs = SETTLE_MS): Promise<number> {
    const since = performance.now();
    const nodes = [...new Set(this.seats.map(({ node }) => node))];
    const hasAcked = (node: ClusterNode) => this.at(node).some(({ lastAckAt }) => lastAckAt > since);
    await eventually('edits are acknowledged', () => nodes.every(hasAcked), timeoutMs);
    return performance.now() - since;
  }

  /** Their machines are lost, with all that they had not sent. Returns their places. */
  async lose(count: number): Promise<Set<number>> {
    const places = new Set<number>();
    while (places.size < count) places.add(this.options.random.integer(this.seats.length));
    await Promise.all([...places].map((place) => this.seats[place]!.writer.close()));
    return places;
  }

  /**
   * What was promised before now and is not there: to be asked while nobody who still has it can bring it back. A node may
   * be behind the log for as long as it may take to look there.
   */
  async lookForLosses(nodes: readonly ClusterNode[] = this.options.cluster.nodes): Promise<Violation[]> {
    const lost: Violation[] = [];
    for (const documentId of this.options.documentIds) {
      const promises = this.ledger.promises(documentId);
      const keeps = (view: View) => keepsPromises(view, promises, this.ledger);
      lost.push(...keeps((await this.stored(documentId)).view));
      if (lost.length > 0) return lost;
      lost.push(...(await this.everywhere(documentId, keeps, nodes)));
    }
    return lost;
  }

  /** Inserts that stand in the log and that nobody was told of. */
  async storedUntold(): Promise<number> {
    let untold = 0;
    for (const documentId of this.options.documentIds) {
      const { view } = await this.stored(documentId);
      const promises = this.ledger.promises(documentId);
      untold += promises.filter(({ token, insert }) => !insert.acked && !insert.seen && isStored(view, token)).length;
    }
    return untold;
  }

  /** Everybody stops; when all is saved, all must have the same, and what was promised. */
  async settle(): Promise<Violation[]> {
    for (const writer of this.writers) writer.stopTyping();
    await eventually('everything is saved', () => this.writers.every(({ isSaved }) => isSaved), SETTLE_MS).catch(
      (error: Error) => this.ledger.complaints.push(`${error.message}: ${this.unsaved()}`),
    );
    const violations = noComplaints(this.ledger);
    for (const documentId of this.options.documentIds) {
      const { view, seqs, head } = await this.stored(documentId);
      const promises = this.ledger.promises(documentId);
      violations.push(...keepsPromises(view, promises, this.ledger), ...isGapFree(documentId, seqs, head));
      // The last frames may still be on their way.
      violations.push(...(await settled(() => areEqual([view, ...this.replicas(documentId)]), STALE_MS)));
      if (violations.length > 0) return violations;
      violations.push(...(await this.everywhere(documentId, (cold) => areEqual([view, cold]))));
    }
    return violations;
  }

  /** Resolves when what is typed now on one node is shown on another; to how long that took, in milliseconds. */
  async crosses(from: ClusterNode, to: ClusterNode, timeoutMs?: number): Promise<number> {
    const { writer, documentId } = this.seats.find(({ node }) => node === from)!;
    const reader = this.seats.find((seat) => seat.node === to && seat.documentId === documentId)!.writer;
    let { inserted } = writer.type();
    while (!inserted) ({ inserted } = writer.type());
    const token = inserted;
    const since = performance.now();
    await eventually('an edit is seen on another node', () => reader.has(token), timeoutMs);
    return performance.now() - since;
  }

  /** Resolves when a cursor of the node, or of any, is seen on another one: they go by the bus alone. */
  async cursorsCross(options: { from?: ClusterNode; timeoutMs?: number } = {}): Promise<void> {
    const [from, to] = this.pairAcross(options.from);
    const moves = new Set<unknown>();
    const cross = () => {
      // One that was lost comes with the next move.
      moves.add(from.point());
      return moves.has(to.cursorOf(from));
    };
    await eventually('a cursor is seen on another node', cross, options.timeoutMs);
  }

  /** Resolves when the cursor that `cursorsCross` has moved is not seen any more. */
  async cursorsGo(from: ClusterNode, timeoutMs: number): Promise<void> {
    const [one, other] = this.pairAcross(from);
    await eventually('the cursor is gone', () => other.cursorOf(one) === undefined, timeoutMs);
  }

  /** Whether all replicas of a document are equal at this moment. */
  isEqual(documentId: string): boolean {
    return areEqual(this.replicas(documentId)).length === 0;
  }

  async close(): Promise<void> {
    await Promise.all(this.writers.map((writer) => writer.close()));
  }

  /** Two editors with awareness in one document, on different nodes. */
  private pairAcross(from: ClusterNode | undefined): [SdkWriter, SdkWriter] {
    const seats = this.seats.flatMap(({ writer, ...seat }) =>
      writer instanceof SdkWriter ? [{ writer, ...seat }] : [],
    );
    for (const a of seats.filter(({ node }) => from === undefined || node === from)) {
      const b = seats.find(({ documentId, node }) => documentId === a.documentId && node !== a.node);
      if (b) return [a.writer, b.writer];
    }
    throw new Error('nobody is in a document on two nodes');
  }

  private replicas(documentId: string): View[] {
    return this.seats
      .filter((seat) => seat.documentId === documentId)
      .map(({ writer }) => viewOf(writer.doc, `writer ${writer.number} (${writer.constructor.name})`));
  }

  private stored(documentId: string) {
    return this.options.cluster.sql((sql) => storedView(sql, documentId));
  }

  /** What is wrong, until a node may no longer be behind, with what each node answers to somebody who has nothing. */
  private async everywhere(
    documentId: string,
    judge: (cold: View) => Violation[],
    nodes: readonly ClusterNode[] = this.options.cluster.nodes,
  ): Promise<Violation[]> {
    const { cluster, ledger, random } = this.options;
    const { token: accessToken } = cluster.people[0]!;
    const wrong: Violation[] = [];
    for (const node of nodes) {
      const { server } = node;
      const of = `a cold client of node ${cluster.nodes.indexOf(node)}`;
      const look = async () => {
        const cold = await coldView({ url: server.url, accessToken, documentId, ledger, random }, of);
        return cold ? judge(cold) : cannotBeOpened(of);
      };
      wrong.push(...(await settled(look, STALE_MS)));
    }
    return wrong;
  }

  private unsaved(): string {
    const names = this.writers.filter(({ isSaved }) => !isSaved).map(({ number }) => number);
    return `writers ${names.join(', ')}`;
  }
}

/** The violations that are left when there are none, or after so long. */
async function settled(look: () => Promise<Violation[]> | Violation[], withinMs: number): Promise<Violation[]> {
  let found: Violation[] = [];
  const isKept = async () => {
    found = await look();
    return found.length === 0;
  };
  await eventually('promises are kept', isKept, withinMs).catch(() => undefined);
  return found;
}
