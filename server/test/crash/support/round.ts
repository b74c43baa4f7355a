import { setTimeout as delay } from 'node:timers/promises';
import type { SeededRandom } from '@tandem/protocol/testing';
import { eventually } from '../../../src/testing/eventually.js';
import { type Counts, countsSince, type Ledger } from './ledger.js';
import { areEqual, isGapFree, isStored, keepsPromises, noComplaints, type Violation } from './oracle.js';
import { SdkWriter } from './sdk-writer.js';
import type { Fault, Site } from './site.js';
import { StockWriter } from './stock-writer.js';
import { coldView, storedView, type View, viewOf } from './view.js';
import type { Writer } from './writer.js';

export interface RoundPlan {
  readonly fault: Fault;
  /** Resolves at the moment of the kill; the writers type meanwhile. */
  readonly moment: (ledger: Ledger) => Promise<void>;
}

export interface RoundRecord {
  /** Of this round, at the kill. */
  readonly counts: Counts;
  /** Inserts that nobody was told of and that a restarted server had: the crash fell between commit and answer (F2). */
  readonly storedUnknown: number | undefined;
  /** Milliseconds from the kill until the server was ready. */
  readonly readyAfterMs: number;
  /** From the moment in which the writers could reach it until an edit was acknowledged. */
  readonly ackAfterMs: number | undefined;
  readonly violations: readonly Violation[];
}

const WRITERS = 20;
/** Of them, whose machines die with the server: nobody else can bring back what they were promised. */
const CASUALTIES = 3;
const SETTLE_MS = 30_000;
/** The kill falls somewhere into the answers to a burst of edits, so that commits are under way. */
const BURST = { edits: 3, withinMs: 12 };

/** Twenty people in the documents of a site, one crash, and what is left. */
export class Round {
  private writers: { writer: Writer; documentId: string }[] = [];

  constructor(
    private readonly site: Site,
    private readonly random: SeededRandom,
    private readonly ledger: Ledger,
  ) {
    for (let place = 0; place < WRITERS; place++) this.seat(place);
  }

  async run({ fault, moment }: RoundPlan): Promise<RoundRecord> {
    const before = this.ledger.counts();
    for (const { writer } of this.writers) writer.startTyping();
    await eventually('everybody is in', () => this.writers.every(({ writer }) => writer.isConnected), SETTLE_MS);
    await moment(this.ledger);
    const { hitsServer, strike, recovered } = await this.site.aim(fault, this.random);
    await this.burst();

    strike();
    const killedAt = performance.now();
    const counts = countsSince(before, this.ledger.counts());
    const lostPlaces = this.choosePlaces();
    await Promise.all([...lostPlaces].map((place) => this.writers[place]!.writer.close()));
    // What the server had sent before it died is still read.
    if (hitsServer) {
      await eventually('everybody has lost the server', () => this.writers.every(({ writer }) => !writer.isConnected));
    }
    await recovered();
    const readyAfterMs = performance.now() - killedAt;

    const { lost, storedUnknown } = await this.lookForLosses();
    const found = hitsServer ? storedUnknown : undefined;
    const record = { counts, readyAfterMs, storedUnknown: found, ackAfterMs: undefined, violations: lost };
    if (lost.length > 0) return record;

    const backAt = performance.now();
    this.site.gate.open(this.site.url);
    for (const place of lostPlaces) this.seat(place).startTyping();
    await eventually('edits are acknowledged again', () => this.ledger.lastAckAt > backAt, SETTLE_MS);
    const ackAfterMs = performance.now() - backAt;
    return { ...record, ackAfterMs, violations: await this.settle() };
  }

  async close(): Promise<void> {
    await Promise.all(this.writers.map(({ writer }) => writer.close()));
  }

  /** A writer with nothing takes the place. */
  private seat(place: number): Writer {
    const { accessTokens, documentIds, gate } = this.site;
    const documentId = documentIds[place % documentIds.length]!;
    // Neighbours in a document are different users, and two in five use the SDK.
    const accessToken = accessTokens[(place + Math.floor(place / documentIds.length)) % accessTokens.length]!;
    const options = { url: gate.url, accessToken, documentId, ledger: this.ledger, random: this.random };
    const writer = place % 5 < 2 ? new SdkWriter(options) : new StockWriter(options);
    this.writers[place] = { writer, documentId };
    return writer;
  }

  private choosePlaces(): Set<number> {
    const places = new Set<number>();
    while (places.size < CASUALTIES) places.add(this.random.integer(WRITERS));
    return places;
  }

  private async burst(): Promise<void> {
    for (let edit = 0; edit < BURST.edits; edit++) for (const { writer } of this.writers) writer.type();
    await delay(this.random.next() * BURST.withinMs);
  }

  /** Before anybody who is still there can bring it back. */
  private async lookForLosses(): Promise<{ lost: Violation[]; storedUnknown: number }> {
    const lost: Violation[] = [];
    let storedUnknown = 0;
    for (const documentId of this.site.documentIds) {
      const promises = this.ledger.promises(documentId);
      const { view } = await this.stored(documentId);
      const untold = promises.filter(({ insert }) => !insert.acked && !insert.seen);
      storedUnknown += untold.filter(({ token }) => isStored(view, token)).length;
      for (const one of [view, await this.cold(documentId)]) lost.push(...keepsPromises(one, promises, this.ledger));
    }
    return { lost, storedUnknown };
  }

  /** Everybody stops; when all is saved, all must have the same, and what was promised. */
  private async settle(): Promise<Violation[]> {
    for (const { writer } of this.writers) writer.stopTyping();
    await eventually('everything is saved', () => this.writers.every(({ writer }) => writer.isSaved), SETTLE_MS).catch(
      (error: Error) => this.ledger.complaints.push(`${error.message}: ${this.unsaved()}`),
    );
    const violations = noComplaints(this.ledger);
    for (const documentId of this.site.documentIds) {
      const { view, seqs, head } = await this.stored(documentId);
      const reference = [view, await this.cold(documentId)];
      const replicas = () => [...reference, ...this.replicas(documentId)];
      // The last frames may still be on their way.
      await eventually('replicas are equal', () => areEqual(replicas()).length === 0).catch(() => undefined);
      violations.push(...areEqual(replicas()), ...isGapFree(documentId, seqs, head));
      const promises = this.ledger.promises(documentId);
      for (const one of reference) violations.push(...keepsPromises(one, promises, this.ledger));
    }
    return violations;
  }

  private replicas(documentId: string): View[] {
    return this.writers
      .filter((seat) => seat.documentId === documentId)
      .map(({ writer }) => viewOf(writer.doc, `writer ${writer.number} (${writer.constructor.name})`));
  }

  private async stored(documentId: string): Promise<Awaited<ReturnType<typeof storedView>>> {
    const database = await this.site.connectToDatabase();
    try {
      return await storedView(database, documentId);
    } finally {
      await database.end();
    }
  }

  private cold(documentId: string): Promise<View> {
    const accessToken = this.site.accessTokens[0]!;
    return coldView({ url: this.site.url, accessToken, documentId, ledger: this.ledger, random: this.random });
  }

  private unsaved(): string {
    const names = this.writers.filter(({ writer }) => !writer.isSaved).map(({ writer }) => writer.number);
    return `writers ${names.join(', ')}`;
  }
}

/** Lets the writers type for so long. */
export const after = (ms: number) => async () => {
  await delay(ms);
};
