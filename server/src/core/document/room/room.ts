import type { DocumentKind, ErrorCode, Limits, Provenance } from '@tandem/protocol';
import { can } from '../../access/permissions.js';
import type { DocumentState } from '../document-state.js';
import { decodeUpdate } from '../update/decode-update.js';
import type { DecodedUpdate } from '../update/decoded-update.js';
import type { StateVector } from '../update/state-vector.js';
import { trimUpdate } from '../update/trim-update.js';
import { AwarenessTable, readAwareness } from './awareness-table.js';
import { isClosed } from './causality.js';
import { ClientIds } from './client-ids.js';
import { type Outcome, Overlay, type PendingUpdate, type RefusedOutcome } from './overlay.js';
import type { RoomSession } from './room-session.js';

/** Of one document: each costs every open with a state vector some nanoseconds. */
const MAX_DELETE_RANGES = 2_000_000;
const MANY_RANGES = 1000;

export interface Refusal {
  readonly type: 'refused';
  readonly code: ErrorCode;
  readonly details?: Record<string, unknown>;
}

export type Admission =
  /** In the overlay, on its way to the log. */
  | { readonly type: 'admitted'; readonly pending: PendingUpdate }
  /** Nothing new. When part of it is still on its way, the host waits with `awaitEcho`. */
  | { readonly type: 'known'; readonly isCommitted: boolean; readonly update: DecodedUpdate }
  /** The host finds out whose the ids are and asks again. */
  | { readonly type: 'unbound'; readonly clientIds: readonly number[] }
  /** Another node may have stored what it builds on: the host reads up to the head, asks again, and then refuses. */
  | { readonly type: 'behind'; readonly refusal: Refusal }
  | Refusal;

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
  private readonly echoes: { update: DecodedUpdate; answer: (outcome: Outcome) => void }[] = [];

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
  }

  /** Fixes the `seq` of the answer and makes the session a recipient of what comes after it, in one turn. */
  open(
    session: RoomSession,
    request: OpenRequest,
  ): Opened | Extract<Admission, { type: 'unbound' | 'behind' | 'refused' }> {
    const { epoch, seq } = request;
    if (epoch !== undefined && epoch !== this.epoch) return this.epochMismatch();
    // It has seen more than was ever stored: the database came back older, from a backup (V5).
    if (seq !== undefined && epoch === this.epoch && seq > this.state.seq) {
      return { type: 'behind', refusal: this.epochMismatch() };
    }
    let fenced: Opened['fenced'];
    if (request.clientId !== undefined) {
      if (!this.clientIds.isBound(request.clientId)) return { type: 'unbound', clientIds: [request.clientId] };
      const conflict = this.clientIds.conflict(request.clientId, session);
      if (conflict?.type === 'foreign') return { type: 'refused', code: 'not_your_client_id' };
      if (conflict?.type === 'taken') {
        const isSameEditor = conflict.by.instance !== undefined && conflict.by.instance === session.instance;
        if (!isSameEditor) return { type: 'refused', code: 'client_id_taken' };
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
      fenced,
    };
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
  admit(
    session: RoomSession,
    bytes: Uint8Array,
    options: { resync?: boolean | undefined; provenance?: Provenance | undefined },
    answer: (outcome: Outcome) => void,
  ): Admission {
    if (session.epoch !== this.epoch) return this.epochMismatch();
    if (session.isClosed) return refused('not_open');
    if (!can(session.role, 'document.write')) return refused('forbidden');
    const update = decodeUpdate(bytes, this.kind);
    if (typeof update === 'string') return refused(update);
    const foreign = this.judgeAuthors(session, update);
    if (foreign) return foreign;
    // What is judged is what would be stored: of a struct that is known in part, other needs are left than it names.
    const fresh = trimUpdate(update, this.overlay, this.kind);
    if (!fresh) return { type: 'known', isCommitted: this.isCommitted(update), update };
    if (!isClosed(fresh, this.overlay)) return { type: 'behind', refusal: this.gapRefusal() };
    const tooMuch = this.judgeSize(fresh, options.resync === true);
    if (tooMuch) return tooMuch;
    // Asked last: nothing is written for an update that is refused anyway.
    const unbound = fresh.blocks.map((block) => block.client).filter((client) => !this.clientIds.isBound(client));
    if (unbound.length > 0) return this.mayBind(session, unbound) ?? { type: 'unbound', clientIds: unbound };
    for (const block of fresh.blocks) this.clientIds.claim(block.client, session);
    const pending: PendingUpdate = { session, update: fresh, provenance: options.provenance, answer };
    this.overlay.push(pending);
    return { type: 'admitted', pending };
  }

  /** Takes one row of the log in its order, written here or by another node. */
  appendRow(update: DecodedUpdate): void {
    const fresh = trimUpdate(update, this.state, this.kind);
    if (fresh) this.state.append(fresh);
    else this.state.appendNothing();
  }

  /**
   * Waits with a repeat of what is on its way: answered when all of it is committed, or when it no longer will be. It
   * may repeat the edits of several batches, of which some are stored and others given back.
   */
  awaitEcho(update: DecodedUpdate, answer: (outcome: Outcome) => void): void {
    this.echoes.push({ update, answer });
  }

  /** To be called whenever the overlay has changed. */
  answerEchoes(): void {
    if (this.echoes.length === 0) return;
    for (const echo of this.echoes.splice(0)) {
      if (this.isCommitted(echo.update)) echo.answer({ type: 'committed', seq: this.state.seq, stored: false });
      else if (trimUpdate(echo.update, this.overlay, this.kind)) {
        echo.answer({ type: 'refused', code: 'store_unavailable' });
      } else this.echoes.push(echo);
    }
  }

  private isCommitted(update: DecodedUpdate): boolean {
    return trimUpdate(update, this.state, this.kind) === undefined;
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
  ): { type: 'moved'; news: Uint8Array | undefined } | { type: 'unbound'; clientIds: readonly number[] } | Refusal {
    if (session.isClosed) return refused('not_open');
    const states = readAwareness(bytes, session, this.limits);
    if ('code' in states) return { type: 'refused', ...states };
    const unbound = states.map((state) => state.clientId).filter((clientId) => !this.clientIds.isBound(clientId));
    if (unbound.length > 0) return this.mayBind(session, unbound) ?? { type: 'unbound', clientIds: unbound };
    for (const { clientId } of states) {
      if (this.clientIds.conflict(clientId, session)) return refused('not_your_client_id');
      this.clientIds.claim(clientId, session);
    }
    return { type: 'moved', news: this.awareness.apply(session, states, now) };
  }

  private missing({ epoch, seq, stateVector }: OpenRequest): Uint8Array {
    const since = seq !== undefined && epoch === this.epoch ? this.state.encodeSince(seq) : undefined;
    return since ?? (stateVector ? this.state.encodeDiff(stateVector) : this.state.encode());
  }

  /** New structs stand under ids of the sender; ids of others may only repeat what is known (A6). */
  private judgeAuthors(session: RoomSession, update: DecodedUpdate): Admission | undefined {
    let fresh = 0;
    for (const block of update.blocks) {
      if (block.end <= this.overlay.end(block.client)) continue;
      if (++fresh > this.limits.maxClientIds) return this.tooManyClientIds();
      if (session.clientIds.has(block.client)) continue;
      if (!this.clientIds.isBound(block.client)) continue;
      const conflict = this.clientIds.conflict(block.client, session);
      if (conflict?.type === 'taken') return refused('client_id_taken');
      if (conflict) return { type: 'behind', refusal: refused('not_your_client_id') };
    }
    return undefined;
  }

  private mayBind(session: RoomSession, clientIds: readonly number[]): Refusal | undefined {
    return session.clientIds.size + clientIds.length > this.limits.maxClientIds ? this.tooManyClientIds() : undefined;
  }

  private tooManyClientIds(): Refusal {
    return { type: 'refused', code: 'too_large', details: { limit: this.limits.maxClientIds } };
  }

  private judgeSize(update: DecodedUpdate, isResync: boolean): Refusal | undefined {
    const count = Math.max(update.structCount, update.listed.rangeCount);
    if (!isResync && count > this.limits.maxUpdateStructs) {
      return { type: 'refused', code: 'too_large', details: { limit: this.limits.maxUpdateStructs } };
    }
    // Counted only for an update that brings many: a document holds millions of them only by intent.
    const ranges = update.listed.rangeCount;
    if (ranges > MANY_RANGES && this.state.deletes.rangeCount + ranges > MAX_DELETE_RANGES) {
      return { type: 'refused', code: 'doc_full', details: { limit: MAX_DELETE_RANGES } };
    }
    const size = this.state.byteLength + this.overlay.bytes + update.bytes.length;
    if (size > this.limits.maxDocumentBytes) {
      return { type: 'refused', code: 'doc_full', details: { limit: this.limits.maxDocumentBytes } };
    }
    return undefined;
  }

  /** Tells where the server stands (V2). */
  private gapRefusal(): Refusal {
    const details = { stateVector: this.state.encodedStateVector(), seq: this.state.seq };
    return { type: 'refused', code: 'gap_resync', details };
  }

  private epochMismatch(): Refusal {
    return { type: 'refused', code: 'epoch_mismatch', details: { epoch: this.epoch, seq: this.state.seq } };
  }
}

function refused(code: ErrorCode): Refusal {
  return { type: 'refused', code };
}
