import { type Clock, type DocumentProvider, type OutboxStore, TandemClient } from '@tandem/protocol/client';
import type { SeededRandom } from '@tandem/protocol/testing';
import * as Y from 'yjs';
import type { SimulatedConnection } from '../../../src/testing/simulation/simulated-connection.js';
import { Process, type VirtualLoop } from '../../../src/testing/simulation/virtual-loop.js';
import { type Ledger, placesOf } from './ledger.js';
import type { Dialer } from './network.js';
import type { TabPlan } from './plan.js';

/** Time as a process of the simulated world has it. */
class LoopClock implements Clock {
  constructor(
    private readonly loop: VirtualLoop,
    private readonly process: Process,
  ) {}

  now(): number {
    return Math.floor(1_700_000_000_000 + this.loop.now);
  }

  after(ms: number, call: () => void): () => void {
    return this.loop.post(this.process, ms, call);
  }
}

export interface TabParts {
  readonly loop: VirtualLoop;
  readonly ledger: Ledger;
  readonly random: SeededRandom;
  readonly dialer: Dialer;
  readonly userIds: readonly string[];
  readonly documentIds: readonly string[];
  outboxOf(process: Process): OutboxStore;
  note(event: string): void;
  violate(kind: string, detail: string): void;
}

/** A browser tab: the SDK as it is, over the simulated network. */
export class Tab {
  readonly process: Process;
  readonly userId: string;
  readonly providers = new Map<number, DocumentProvider>();
  /** That it has closed; what they kept, their user has seen. */
  readonly former: DocumentProvider[] = [];
  /** Where it is sent next. */
  node: number;
  connection: SimulatedConnection | undefined;
  isOpen = true;
  private client!: TandemClient;

  constructor(
    readonly plan: TabPlan,
    private readonly parts: TabParts,
  ) {
    this.process = new Process(`tab ${plan.tab}`);
    this.userId = parts.userIds[plan.user]!;
    this.node = plan.node;
  }

  /** In its own process. `clientId`: of another tab (V1). */
  start(clientId: number | undefined): void {
    const { loop, random, dialer, violate } = this.parts;
    const { process, userId } = this;
    this.client = new TandemClient({
      url: 'simulated:',
      token: userId,
      userId,
      clock: new LoopClock(loop, process),
      random: random.next,
      outbox: this.parts.outboxOf(process),
      dial: dialer.dialFor(this),
    });
    this.client.on('error', (error) => {
      if (error.code === 'internal') violate('the SDK failed', String(error.cause ?? error));
    });
    this.client.connect().catch(() => {});
    // Only where the other tab is: elsewhere the id belongs to nobody.
    for (const index of this.plan.docs) this.open(index, index === 0 ? clientId : undefined);
  }

  private open(index: number, clientId?: number): void {
    const doc = new Y.Doc();
    if (clientId !== undefined) doc.clientID = clientId;
    const provider = this.client.openDocument(this.parts.documentIds[index]!, { doc });
    provider.on('replaced', ({ reason }) => this.parts.note(`replaced: ${reason}`));
    this.providers.set(index, provider);
  }

  /** Closes a document and opens it again at once. */
  reopen(index: number): void {
    const provider = this.providers.get(index);
    if (!provider) return;
    this.former.push(provider);
    void provider.destroy();
    this.open(index);
  }

  /** What its user types: whole tokens, between whole tokens. */
  edit(index: number, at: number, options: { insert: number; remove: number; size?: number }): void {
    const provider = this.providers.get(index);
    if (!provider || !this.mayType(provider)) return;
    const { text, doc } = provider;
    doc.transact(() => {
      this.remove(text, at, options.remove);
      for (let i = 0; i < options.insert; i++) this.insert(provider, at, options.size ?? 0);
    });
  }

  moveCursor(index: number, at: number): void {
    this.providers.get(index)?.awareness.setLocalStateField('cursor', at);
  }

  /** Content that a text document does not take. */
  writeMap(index: number): void {
    const provider = this.providers.get(index);
    if (provider && this.mayType(provider)) provider.doc.getMap('settings').set('k', 1);
  }

  async close(): Promise<void> {
    this.isOpen = false;
    await this.client.close();
  }

  private mayType(provider: DocumentProvider): boolean {
    // Text under an id of somebody else, from before the server could say so, is nobody's (M12).
    if (this.plan.idOf !== undefined && provider.role === undefined) return false;
    return provider.canEdit || (provider.role === undefined && provider.status !== 'refused');
  }

  private insert(provider: DocumentProvider, at: number, size: number): void {
    const { text, doc } = provider;
    const name = this.parts.ledger.newName(this.plan.tab, size);
    const places = placesOf(text.toString());
    const clock = Y.getState(doc.store, doc.clientID);
    const place = places[Math.floor(at * (places.length + 1))];
    text.insert(place ? place[0] : text.length, name);
    const { userId } = this;
    const documentId = provider.documentId;
    this.parts.ledger.typed({ name, userId, documentId, client: doc.clientID, clock, length: name.length });
  }

  private remove(text: Y.Text, at: number, count: number): void {
    const content = text.toString();
    const places = placesOf(content);
    const first = Math.floor(at * places.length);
    // From the last on: what comes before it stays where it is.
    for (const [from, to] of places.slice(first, first + count).reverse()) {
      text.delete(from, to - from);
      this.parts.ledger.deleted.add(content.slice(from, to));
    }
  }
}
