import type { DocumentKind, Limits } from '@tandem/protocol';
import type { Work } from '../../work.js';
import type { DocumentState } from '../document-state.js';
import type { DecodedUpdate } from '../update/decoded-update.js';
import type { StateVector } from '../update/state-vector.js';
import { trimUpdate } from '../update/trim-update.js';
import { type Admission, epochMismatch, type Refusal, refused } from './admission.js';
import { AwarenessTable, readAwareness } from './awareness-table.js';
import { ClientIds } from './client-ids.js';
import { Echoes } from './echoes.js';
import { EditAdmission, type EditOptions } from './edit-admission.js';
import { EditJudge, MANY_RANGES } from './edit-judge.js';
import { type Outcome, Overlay, type PendingUpdate, type RefusedOutcome } from './overlay.js';
import type { RoomDamage } from './room-damage.js';
import type { RoomSession } from './room-session.js';

export interface OpenRequest {
  readonly clientId?: number | undefined;
  readonly seq?: number | undefined;
  readonly epoch?: number | undefined;
  readonly stateVector?: StateVector | undefined;
}

export interface Opened {
  readonly type: 'opened';
  readonly update: Uint8Array;
  readonly stateVector: Uint8Array;
  readonly seq: number;
  readonly awareness: Uint8Array | undefined;
  /** Stored edits of the document are lost: those of its user's ids of which the editor has more than the room. */
  readonly damaged: { readonly clientIds: readonly number[] } | undefined;
  /** The same editor's former session, which this one took over from. */
  readonly fenced: { readonly session: RoomSession; readonly cursorsGone: Uint8Array | undefined } | undefined;
}

/**
 * One open document: who is here, what is committed, what is on its way. A machine without I/O, timers or clocks; the
 * host does what it answers.
 *
 *     bytes --admit--> overlay --take--> batch --(log)--> commit --> state, one frame
 *                         ^------------- putBack / drop ----------'
 */
export class Room {
  readonly sessions = new Set<RoomSession>();
  readonly clientIds = new ClientIds();
  readonly awareness = new AwarenessTable();
  readonly overlay: Overlay;
  /** Set while the state is not all that was stored. */
  damage: RoomDamage | undefined;
  private readonly judge: EditJudge;
  private readonly admission: EditAdmission;
  private readonly echoes: Echoes;

  constructor(
    readonly documentId: string,
    readonly projectId: string,
    readonly kind: DocumentKind,
    readonly state: DocumentState,
    /** Moves when the document is reset; the room is over then, and its sessions open the document again. */
    public epoch: number,
    /** The fence that the next append carries (decision 002). */
    public accessVersion: number,
    private readonly limits: Limits,
  ) {
    this.overlay = new Overlay(state);
    this.judge = new EditJudge(state, this.overlay, this.clientIds, limits);
    this.admission = new EditAdmission(this, this.judge);
    this.echoes = new Echoes(this);
  }

  /** Fixes the `seq` of the answer and makes the session a recipient of what comes after it, in one turn. */
  open(
    session: RoomSession,
    request: OpenRequest,
  ): Opened | Extract<Admission, { type: 'unbound' | 'behind' | 'refused' }> {
    const { epoch, seq } = request;
    if (epoch !== undefined && epoch !== this.epoch) return epochMismatch(this);
    // It has seen more than was ever stored: the database came back older, from a backup (V5).
    if (seq !== undefined && epoch === this.epoch && seq > this.state.seq) {
      return { type: 'behind', refusal: epochMismatch(this) };
    }
    // Never an empty document in place of one that could not be read (D2): it is for those who have something of it.
    if (this.damage?.isHollow && !request.stateVector?.size) return refused('store_unavailable');
    let fenced: Opened['fenced'];
    if (request.clientId !== undefined) {
      if (!this.clientIds.isBound(request.clientId)) return { type: 'unbound', clientIds: [request.clientId] };
      const conflict = this.clientIds.conflict(request.clientId, session);
      if (conflict?.type === 'foreign') return { type: 'refused', code: 'not_your_client_id' };
      if (this.clientIds.isOfAnother(request.clientId, session)) return refused('client_id_taken');
      if (conflict?.type === 'taken') {
        const isSameEditor = conflict.by.instance !== undefined && conflict.by.instance === session.instance;
        // What its former connection had asked for may be answered late, after the new one was in.
        const isLate = (conflict.by.peer.order ?? 0) > (session.peer.order ?? 0);
        if (!isSameEditor || isLate) return { type: 'refused', code: 'client_id_taken' };
        fenced = { session: conflict.by, cursorsGone: this.leave(conflict.by) };
      }
      this.clientIds.claim(request.clientId, session);
    }
    this.sessions.add(session);
    session.sentSeq = this.state.seq;
    return {
      type: 'opened',
      update: this.missing(request),
      stateVector: this.state.encodedStateVector(),
      seq: this.state.seq,
      awareness: this.awareness.encodeFor(session),
      damaged: this.askForMore(session, request),
      fenced,
    };
  }

  /** What an editor is asked for who may have what is lost. */
  private askForMore(session: RoomSession, { seq, epoch, stateVector }: OpenRequest): Opened['damaged'] {
    if (!this.damage) return undefined;
    if (!stateVector) return { clientIds: [] };
    if (seq !== undefined && epoch === this.epoch) this.damage.cameWith(session, seq, stateVector);
    const hasMore = [...stateVector].filter(([client, end]) => end > this.state.end(client));
    const own = hasMore.filter(([client]) => this.clientIds.conflict(client, session) === undefined);
    return { clientIds: own.slice(0, this.limits.maxClientIds).map(([client]) => client) };
  }

  /** Returns the awareness update that tells the others. */
  leave(session: RoomSession): Uint8Array | undefined {
    session.isClosed = true;
    this.sessions.delete(session);
    this.clientIds.release(session);
    return this.awareness.remove(session);
  }

  /**
   * Judges an update whole, before anything changes. Synchronous: edits are admitted in the order of arrival. `answer`
   * is called for an admitted one, with what became of it.
   */
  admit(session: RoomSession, bytes: Uint8Array, options: EditOptions, answer: (outcome: Outcome) => void): Admission {
    return this.admission.admit(session, bytes, options, answer);
  }

  /** The first half of `admit` for a large update, in pieces: 16 MiB may be millions of structs, which take a second. */
  decoding(session: RoomSession, bytes: Uint8Array, options: EditOptions): Work<DecodedUpdate | Refusal> {
    return this.admission.decoding(session, bytes, options);
  }

  /** The other half. What it comes to is to be acted on in the piece in which it ends. */
  admitting(
    session: RoomSession,
    update: DecodedUpdate,
    options: EditOptions,
    answer: (outcome: Outcome) => void,
  ): Work<Admission> {
    return this.admission.admitting(session, update, options, answer);
  }

  /** Takes one row of the log in its order, written here or by another node. Returns what of it was new, if anything was. */
  appendRow(update: DecodedUpdate): DecodedUpdate | undefined {
    const fresh = this.isLong(update) ? update : trimUpdate(update, this.state, this.kind);
    if (fresh) this.state.append(fresh);
    else this.state.appendNothing();
    return fresh;
  }

  /**
   * Of a row that deletes in many places it is not asked what was deleted before: admission has done it, it takes a second for
   * a million of them, and a delete more or less changes nothing.
   */
  private isLong({ blocks, listed }: DecodedUpdate): boolean {
    if (listed.isEmpty || listed.rangeCount <= MANY_RANGES) return false;
    return blocks.every(({ client, clock }) => clock === this.state.end(client));
  }

  /** Waits with a repeat of what is on its way: answered when all of it is committed, or when it no longer will be. */
  awaitEcho(update: DecodedUpdate, answer: (outcome: Outcome) => void): void {
    this.echoes.add(update, answer);
  }

  /** To be called whenever the overlay has changed. */
  answerEchoes(): void {
    this.echoes.answer();
  }

  /** Takes out of the overlay what the committed state holds by now, after a commit whose outcome was unknown. */
  takeKnown(): PendingUpdate[] {
    return this.overlay.drop((pending) => trimUpdate(pending.update, this.state, this.kind) !== undefined).dropped;
  }

  /** Gives back what `keep` does not want, under `code`, and what was built on it as a gap. */
  giveBack(code: RefusedOutcome['code'], keep: (pending: PendingUpdate) => boolean = () => false): void {
    const { dropped, orphaned } = this.overlay.drop(keep);
    for (const pending of dropped) pending.answer({ type: 'refused', code });
    for (const pending of orphaned) pending.answer({ type: 'refused', code: 'gap_resync' });
    this.answerEchoes();
  }

  moveCursor(
    session: RoomSession,
    bytes: Uint8Array,
    now: number,
  ): { type: 'moved'; clientIds: readonly number[] } | { type: 'unbound'; clientIds: readonly number[] } | Refusal {
    if (session.isClosed) return refused('not_open');
    const states = readAwareness(bytes, session, this.limits);
    if ('code' in states) return { type: 'refused', ...states };
    const unbound = states.map((state) => state.clientId).filter((clientId) => !this.clientIds.isBound(clientId));
    if (unbound.length > 0) return this.judge.mayBind(session, unbound) ?? { type: 'unbound', clientIds: unbound };
    for (const { clientId } of states) {
      if (this.clientIds.conflict(clientId, session)) return refused('not_your_client_id');
      this.clientIds.claim(clientId, session);
    }
    return { type: 'moved', clientIds: this.awareness.apply(session, states, now) };
  }

  private missing({ epoch, seq, stateVector }: OpenRequest): Uint8Array {
    // Where edits are lost, one `seq` does not say what somebody has.
    const isExact = seq !== undefined && epoch === this.epoch && !this.damage;
    const since = isExact ? this.state.encodeSince(seq) : undefined;
    return since ?? (stateVector ? this.state.encodeDiff(stateVector) : this.state.encode());
  }
}
