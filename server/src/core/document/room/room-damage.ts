import { can } from '../../access/permissions.js';
import type { Work } from '../../work.js';
import type { DocumentState } from '../document-state.js';
import type { SetAside, SetAsideRow } from '../quarantine.js';
import { decodeUpdate } from '../update/decode-update.js';
import type { DecodedUpdate } from '../update/decoded-update.js';
import { IdRanges } from '../update/id-ranges.js';
import type { StateVector } from '../update/state-vector.js';
import { type KnownIds, trimUpdate } from '../update/trim-update.js';
import type { AppendRow } from '../update-log.js';
import { isClosed } from './causality.js';
import { closedPart } from './closed-part.js';
import type { RoomSession } from './room-session.js';

/** An editor who had everything up to `seq` when it came, and all that was ever written under its own ids. */
interface Witness {
  readonly seq: number;
  readonly vector: StateVector;
  /** Of its `Y.Doc`. */
  readonly ownIds: readonly number[];
  /** It has sent all that it has under its user's ids, and all deletes that it knows. */
  hasSent: boolean;
}

/** Rows of one piece of long work. */
const PIECE = 64;
/** A document may stay damaged for long, and be opened often. */
const MAX_WITNESSES = 100;
const MAX_OFFERS = 100;
const MAX_OFFERED_BYTES = 32 * 1024 * 1024;
/** Of one try: what comes back usually lets all the rest follow in one. */
const MAX_ROUNDS = 8;

/**
 * What the state of a room lacks, and how it comes back (decision 010): editors offer again what they had written, and sound
 * rows are stored again, each as soon as nothing that it builds on is missing. Two who had typed in turns need each other's:
 * so an offer is taken as far as it can stand. What was in rows that nobody can read is known to be back when an editor who
 * had seen them has nothing more than the room, or when their author has brought all that he ever wrote.
 */
export class RoomDamage {
  /** Sound, and as far as is known not in the state. Not decoded: after one bad row there may be a hundred thousand. */
  private waiting: readonly SetAsideRow[];
  /** The newest row whose content nobody can read, of each author; 0: there is none. Undefined: nobody knows whose it was. */
  private readonly lostUpTo = new Map<string | undefined, number>();
  private readonly witnesses = new Map<RoomSession, Witness>();
  private readonly offers = new Map<RoomSession, Uint8Array>();
  /** The `seq` of the state by then: nothing is looked at twice. */
  private triedAt = -1;
  private settledAt = -1;

  /**
   * `wasHollow`: nothing could be read when it was loaded; `isBaseLost`: nor is there a beginning on which rows could stand.
   * `owners`: whose each client id was by then.
   */
  constructor(
    aside: SetAside,
    private readonly state: DocumentState,
    private readonly wasHollow: boolean,
    private readonly isBaseLost = false,
    private readonly owners: ReadonlyMap<number, string> = new Map(),
  ) {
    this.waiting = aside.rows.filter(({ bytes }) => bytes !== undefined);
    // What stood before the rows of a hollow room is lost as well.
    if (wasHollow) this.lose(undefined, state.compactedSeq);
    for (const { seq, bytes, userId } of aside.rows) if (!bytes) this.lose(userId, seq);
  }

  /** Nothing of the document is there, and the room is for those who bring it back. */
  get isHollow(): boolean {
    return this.wasHollow && (this.isBaseLost || this.state.byteLength === 0);
  }

  /** Whether the document has again all that was set aside, as far as `settling` has found. */
  get isHealed(): boolean {
    if (this.waiting.length > 0) return false;
    const upTo = Math.max(0, ...[...this.lostUpTo].map(([author, seq]) => (this.isBroughtBy(author) ? 0 : seq)));
    return upTo === 0 || this.isWitnessed(upTo);
  }

  /** Somebody opened the document with what he had up to `seq`. */
  cameWith(session: RoomSession, seq: number, vector: StateVector): void {
    const isLate = seq >= Math.max(0, ...this.lostUpTo.values());
    if (!isLate && !this.lostUpTo.has(session.userId)) return;
    this.witnesses.set(session, { seq, vector, ownIds: [...session.clientIds], hasSent: false });
    const [first] = this.witnesses.keys();
    if (this.witnesses.size > MAX_WITNESSES && first) this.witnesses.delete(first);
  }

  /** A resync update of his is in the document. */
  hasSent(session: RoomSession): void {
    const witness = this.witnesses.get(session);
    if (witness) witness.hasSent = true;
  }

  /** A resync update that has a gap, under ids of its sender: it waits for what it builds on. The newest of each stands for all. */
  offer(session: RoomSession, update: Uint8Array): void {
    this.offers.delete(session);
    let bytes = update.length;
    for (const other of this.offers.values()) bytes += other.length;
    if (this.offers.size >= MAX_OFFERS || bytes > MAX_OFFERED_BYTES) return;
    this.offers.set(session, update);
    this.triedAt = -1;
  }

  /** Forgets what the state has again. */
  *settling(): Work<void> {
    if (this.settledAt === this.state.seq) return;
    this.settledAt = this.state.seq;
    const waiting: SetAsideRow[] = [];
    for (const [index, row] of this.waiting.entries()) {
      if (index % PIECE === PIECE - 1) yield;
      const update = decodeUpdate(row.bytes!, this.state.kind);
      if (typeof update === 'string') this.lose(row.userId, row.seq);
      else if (trimUpdate(update, this.state, this.state.kind)) waiting.push(row);
    }
    this.waiting = waiting;
  }

  /** What the state can take by now, trimmed, in an order in which it can; nothing when nothing has changed since the last try. */
  *applying(): Work<AppendRow[]> {
    const { state } = this;
    if (this.triedAt === state.seq) return [];
    this.triedAt = state.seq;
    for (const session of this.offers.keys()) {
      if (session.isClosed || !can(session.role, 'document.write')) this.offers.delete(session);
    }
    const ahead = new Ahead(state);
    const applicable: AppendRow[] = [];
    for (let round = 0, before = -1; applicable.length > before && round < MAX_ROUNDS; round++) {
      before = applicable.length;
      yield* this.takeOffers(ahead, applicable);
      yield* this.takeRows(ahead, applicable);
    }
    return applicable;
  }

  /** What was to be stored was not. */
  tryAgain(): void {
    this.triedAt = -1;
  }

  private *takeOffers(ahead: Ahead, applicable: AppendRow[]): Work<void> {
    for (const [{ userId }, bytes] of this.offers) {
      const fresh = ahead.fresh(bytes);
      const part = fresh && closedPart(fresh, ahead, this.state.kind);
      if (part) applicable.push({ userId, bytes: ahead.push(part), provenance: undefined });
      yield;
    }
  }

  private *takeRows(ahead: Ahead, applicable: AppendRow[]): Work<void> {
    for (const [index, { userId, bytes, provenance }] of this.waiting.entries()) {
      if (index % PIECE === PIECE - 1) yield;
      const fresh = ahead.fresh(bytes!);
      if (!fresh || userId === undefined || !isClosed(fresh, ahead)) continue;
      applicable.push({ userId, bytes: ahead.push(fresh), provenance });
    }
  }

  private lose(author: string | undefined, seq: number): void {
    this.lostUpTo.set(author, Math.max(seq, this.lostUpTo.get(author) ?? 0));
  }

  private isWitnessed(upTo: number): boolean {
    return [...this.witnesses.values()].some(
      ({ seq, vector, hasSent }) =>
        hasSent && seq >= upTo && [...vector].every(([client, end]) => this.state.end(client) >= end),
    );
  }

  /** Under each id that he ever had here, its own `Y.Doc` has come and sent all that it had. */
  private isBroughtBy(author: string | undefined): boolean {
    if (author === undefined) return false;
    const brought = new Set<number>();
    for (const [{ userId }, { vector, ownIds, hasSent }] of this.witnesses) {
      if (userId !== author || !hasSent) continue;
      for (const id of ownIds) if (this.state.end(id) >= (vector.get(id) ?? 0)) brought.add(id);
    }
    if (brought.size === 0) return false;
    for (const [id, owner] of this.owners) if (owner === author && !brought.has(id)) return false;
    return true;
  }
}

/** The state with rows on top of it. */
class Ahead implements KnownIds {
  private readonly ends = new Map<number, number>();
  private readonly deletes = new IdRanges();

  constructor(private readonly state: DocumentState) {}

  /** What of a sound update is new. */
  fresh(bytes: Uint8Array): DecodedUpdate | undefined {
    const update = decodeUpdate(bytes, this.state.kind);
    return typeof update === 'string' ? undefined : trimUpdate(update, this, this.state.kind);
  }

  push(update: DecodedUpdate): Uint8Array {
    for (const block of update.blocks) this.ends.set(block.client, block.end);
    this.deletes.addAll(update.deletes);
    return update.bytes;
  }

  end(client: number): number {
    return Math.max(this.ends.get(client) ?? 0, this.state.end(client));
  }

  eachUndeleted(client: number, start: number, end: number, callback: (start: number, end: number) => void): void {
    this.state.eachUndeleted(client, start, end, (from, to) => this.deletes.eachMissing(client, from, to, callback));
  }
}
