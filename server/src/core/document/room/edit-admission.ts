import type { DocumentKind } from '@tandem/protocol';
import { can } from '../../access/permissions.js';
import type { Work } from '../../work.js';
import type { DocumentState } from '../document-state.js';
import { OwnMemory } from '../own-memory.js';
import { Excess } from '../update/decode-bounds.js';
import { decodeUpdate, decodingUpdate } from '../update/decode-update.js';
import type { DecodedUpdate } from '../update/decoded-update.js';
import { trimmingUpdate, trimUpdate } from '../update/trim-update.js';
import type { RowProvenance } from '../update-log.js';
import { type Admission, epochMismatch, gapRefusal, type Refusal, refused, tooLarge } from './admission.js';
import { closing, isClosed } from './causality.js';
import type { ClientIds } from './client-ids.js';
import type { EditJudge } from './edit-judge.js';
import type { Outcome, Overlay, PendingUpdate } from './overlay.js';
import type { RoomDamage } from './room-damage.js';
import type { RoomSession } from './room-session.js';

/** What goes along with an edit. */
export interface EditOptions {
  readonly resync?: boolean | undefined;
  readonly provenance?: RowProvenance | undefined;
}

/** What a room is to its edits. */
export interface EditedRoom {
  readonly kind: DocumentKind;
  readonly epoch: number;
  readonly state: DocumentState;
  readonly overlay: Overlay;
  readonly clientIds: ClientIds;
  readonly damage: RoomDamage | undefined;
}

/**
 * The way of an edit into the overlay: an ordinary one in one go, a large one in two halves and in pieces, between which
 * others are admitted.
 */
export class EditAdmission {
  private readonly memory = new OwnMemory();

  constructor(
    private readonly room: EditedRoom,
    private readonly judge: EditJudge,
  ) {}

  /** See Room. */
  admit(session: RoomSession, bytes: Uint8Array, options: EditOptions, answer: (outcome: Outcome) => void): Admission {
    const { kind, overlay, state } = this.room;
    const barred = this.barred(session);
    if (barred) return barred;
    const update = decodeUpdate(this.memory.keep(bytes), kind);
    if (typeof update === 'string') return refused(update);
    const foreign = this.judge.authors(session, update);
    if (foreign) return foreign;
    // What is judged is what would be stored: of a struct that is known in part, other needs are left than it names.
    const fresh = trimUpdate(update, overlay, kind);
    if (!fresh) return this.known(session, update, trimUpdate(update, state, kind) === undefined, options);
    if (!isClosed(fresh, overlay)) return this.gap(session, fresh, options);
    return this.take(session, fresh, options, answer);
  }

  /** What would be refused for its numbers is not read on. */
  *decoding(session: RoomSession, bytes: Uint8Array, { resync }: EditOptions): Work<DecodedUpdate | Refusal> {
    const work = decodingUpdate(bytes, this.room.kind, this.judge.bounds(resync === true));
    const update = yield* this.unlessBarred(session, work);
    if (update instanceof Excess) return tooLarge(update.limit);
    return typeof update === 'string' ? refused(update) : update;
  }

  /** Others edit between the pieces: what may have changed since is looked at once more in the one that admits. */
  admitting(
    session: RoomSession,
    update: DecodedUpdate,
    options: EditOptions,
    answer: (outcome: Outcome) => void,
  ): Work<Admission> {
    return this.unlessBarred(session, this.judging(session, update, options, answer));
  }

  private *judging(
    session: RoomSession,
    update: DecodedUpdate,
    options: EditOptions,
    answer: (outcome: Outcome) => void,
  ): Work<Admission> {
    const { kind, overlay } = this.room;
    const isResync = options.resync === true;
    for (;;) {
      const foreign = this.judge.authors(session, update);
      if (foreign) return foreign;
      const { drops } = overlay;
      const fresh = yield* trimmingUpdate(update, overlay, kind, this.judge.maxRanges(isResync));
      if (fresh instanceof Excess) return tooLarge(fresh.limit, isResync ? 'doc_full' : 'too_large');
      const rest = fresh ? undefined : yield* this.uncommitted(update);
      const isWhole = fresh && (yield* closing(fresh, overlay));
      if (drops !== overlay.drops || (fresh && this.isKnownInPart(fresh))) continue;
      if (!fresh) return this.known(session, rest ?? update, rest === undefined, options);
      // Somebody else may have come to hold an id.
      const taken = this.judge.authors(session, fresh);
      if (taken) return taken;
      return isWhole ? this.take(session, fresh, options, answer) : this.gap(session, fresh, options);
    }
  }

  /** What of an update is not committed in the moment in which it is told. */
  private *uncommitted(update: DecodedUpdate): Work<DecodedUpdate | undefined> {
    const { state, kind } = this.room;
    for (let rest = update; ; ) {
      const { seq } = state;
      const less = yield* trimmingUpdate(rest, state, kind);
      if (!less || seq === state.seq) return less;
      rest = less;
    }
  }

  private isKnownInPart({ blocks }: DecodedUpdate): boolean {
    return blocks.some(({ client, clock }) => clock < this.room.overlay.end(client));
  }

  /** Gives up as soon as the session may not edit any more, or is gone. */
  private *unlessBarred<T>(session: RoomSession, work: Work<T>): Work<T | Refusal> {
    for (;;) {
      const barred = this.barred(session);
      if (barred) return barred;
      const step = work.next();
      if (step.done) return step.value;
      yield;
    }
  }

  private barred(session: RoomSession): Refusal | undefined {
    if (session.epoch !== this.room.epoch) return epochMismatch(this.room);
    if (session.isClosed) return refused('not_open');
    return can(session.role, 'document.write') ? undefined : refused('forbidden');
  }

  private known(session: RoomSession, update: DecodedUpdate, isCommitted: boolean, { resync }: EditOptions): Admission {
    if (resync && isCommitted) this.room.damage?.hasSent(session);
    return { type: 'known', isCommitted, update };
  }

  private gap(session: RoomSession, fresh: DecodedUpdate, { resync }: EditOptions): Admission {
    if (resync) this.keepOffer(session, fresh);
    return { type: 'behind', refusal: gapRefusal(this.room.state) };
  }

  /** Of a closed update only its size is left to be judged, and whose the ids are that nobody has used yet. */
  private take(
    session: RoomSession,
    fresh: DecodedUpdate,
    { resync, provenance }: EditOptions,
    answer: (outcome: Outcome) => void,
  ): Admission {
    const tooMuch = this.judge.size(fresh, resync === true);
    if (tooMuch) return tooMuch;
    // Asked last: nothing is written for an update that is refused anyway.
    let unbound: number[] | undefined;
    for (const { client } of fresh.blocks) {
      if (this.room.clientIds.isBound(client)) continue;
      unbound ??= [];
      unbound.push(client);
    }
    if (unbound) return this.judge.mayBind(session, unbound) ?? { type: 'unbound', clientIds: unbound };
    for (const { client } of fresh.blocks) this.room.clientIds.claim(client, session);
    const pending: PendingUpdate = {
      session,
      update: fresh,
      provenance,
      answer: resync && this.room.damage ? this.noting(session, answer) : answer,
    };
    this.room.overlay.push(pending);
    return { type: 'admitted', pending };
  }

  /** Of a document that lacks edits: others may bring what this builds on. */
  private keepOffer(session: RoomSession, fresh: DecodedUpdate): void {
    if (!this.room.damage || this.judge.size(fresh, true)) return;
    const isOwn = fresh.blocks.every(({ client }) => this.room.clientIds.conflict(client, session) === undefined);
    // Memory of its own: the `slice` of a Buffer would keep the message.
    if (isOwn) this.room.damage.offer(session, new Uint8Array(fresh.bytes));
  }

  private noting(session: RoomSession, answer: (outcome: Outcome) => void): (outcome: Outcome) => void {
    return (outcome) => {
      if (outcome.type === 'committed') this.room.damage?.hasSent(session);
      answer(outcome);
    };
  }
}
