import { TandemError } from '../../errors.js';
import { DEFAULT_LIMITS, type Limits } from '../../limits.js';
import type { DocumentOpenAnswer, DocumentUpdateAnswer, DocumentUpdateEvent } from '../../wire/document.js';
import type { Role } from '../../wire/fields.js';
import type { OutboxChange, OutboxEntry } from '../outbox/outbox-store.js';
import { Incoming } from './incoming.js';
import type { GatheredEdits } from './local-edits.js';
import type { Effect, MachineEvent } from './machine-events.js';
import { Outgoing } from './outgoing.js';
import { canWrite, type Phase } from './phase.js';
import { type Plan, planForOpen, planForUpdate } from './refusal-plan.js';

const OPEN_TIMEOUT_MS = 30_000;
const ACK_TIMEOUT_MS = 60_000;
/** How often on one connection we try to bring back what the server has lost. */
const MAX_HEALINGS = 6;
/** Everybody who has the document open is told at once to open it again. */
const REOPEN_WITHIN_MS = 1_000;

/**
 * The life of one document on the client, without network, clock, timer or `Y.Doc`: `step` takes what happened and
 * the time, and returns what to do. Rules DOC-* of PROTOCOL.md.
 */
export class DocumentMachine {
  phase: Phase = 'offline';
  role: Role | undefined;
  stalled = false;
  connected = false;
  error: TandemError | undefined;

  private readonly outgoing = new Outgoing();
  private readonly incoming = new Incoming();
  private limits: Limits = DEFAULT_LIMITS;
  private loaded = false;
  /** Whether anything was written under the client id of the present `Y.Doc`. */
  private edited = false;
  private request = 0;
  private failures = 0;
  private forbidden = false;
  /** The server has read the document anew: what we have is to be compared with it. */
  private mustCompare = false;
  private healings = 0;
  private openAt = 0;
  private deadline: number | undefined;
  private effects: Effect[] = [];
  private now = 0;

  /** `random`: from 0 to below 1, for the jitter of repeats. */
  constructor(private readonly random: () => number) {}

  get seq(): number {
    return this.incoming.seq;
  }

  get epoch(): number | undefined {
    return this.incoming.epoch;
  }

  /** Local edits without an ack. */
  get pending(): number {
    return this.outgoing.queue.pending;
  }

  /** What waits, for an outbox that comes late. */
  get entries(): readonly OutboxEntry[] {
    return this.outgoing.queue.all;
  }

  /** Whether text of this suggestion waits for its ack. */
  holds(completionId: string): boolean {
    return this.outgoing.queue.holds(completionId);
  }

  get canEdit(): boolean {
    const closed = this.phase === 'refused' || this.phase === 'destroyed';
    return !closed && !this.forbidden && canWrite(this.role);
  }

  /** Whether the server may hold this document open for us. */
  private get onServer(): boolean {
    return this.phase === 'opening' || this.phase === 'receiving' || this.phase === 'open';
  }

  /** When `tick` is due; undefined when there is nothing to wait for. */
  get wakeAt(): number | undefined {
    if (!this.connected) return undefined;
    if (this.phase === 'waiting') return this.openAt;
    if (
      this.phase === 'open' &&
      this.outgoing.notBefore > this.now &&
      this.outgoing.queue.requestsInFlight === 0 &&
      this.pending > 0
    ) {
      return this.outgoing.notBefore;
    }
    return this.deadline;
  }

  step(event: MachineEvent, now: number): Effect[] {
    this.effects = [];
    this.now = now;
    if (this.phase === 'destroyed') return [];
    this.take(event);
    this.advance();
    return this.effects;
  }

  private take(event: MachineEvent): void {
    switch (event.type) {
      case 'loaded':
        this.onLoaded(event.entries);
        break;
      case 'connected':
        this.connected = true;
        this.limits = event.limits;
        this.failures = 0;
        this.healings = 0;
        if (this.phase === 'refused') this.phase = 'offline';
        break;
      case 'disconnected':
        this.onDisconnected();
        break;
      case 'edited':
        this.onEdited(event);
        break;
      case 'opened':
        this.onOpened(event.request, event.answer);
        break;
      case 'stored':
        this.onStored(event.request, event.answer);
        break;
      case 'refused':
        this.onRefused(event.request, event.error);
        break;
      case 'frame':
        this.onFrame(event);
        break;
      case 'piece':
        this.onPiece(event.piece, event.bytes);
        break;
      case 'resync':
        this.onResync(event);
        break;
      case 'server-status':
        this.onServerStatus(event.state, event.reopen === true);
        break;
      case 'role':
        this.role = event.role;
        if (this.forbidden) this.deadline = undefined;
        this.forbidden = false;
        break;
      case 'reset':
        this.sawReset(event.epoch);
        break;
      case 'tick':
        this.onTick();
        break;
      case 'destroy':
        if (this.onServer) this.effects.push({ type: 'close' });
        this.phase = 'destroyed';
    }
  }

  /** What follows from where we are, whatever happened: open when we can, send when we may. */
  private advance(): void {
    if (!this.connected || !this.loaded) return;
    if (this.phase === 'offline' || (this.phase === 'waiting' && this.now >= this.openAt)) this.open();
    if (this.phase === 'open') this.send();
  }

  private onLoaded(entries: readonly OutboxEntry[]): void {
    this.loaded = true;
    const own = this.outgoing.queue.all;
    this.outgoing.queue.adopt(entries);
    for (const { update } of entries) this.effects.push({ type: 'apply', update });
    if (own.length > 0) this.writeOutbox({ add: own, remove: [] });
  }

  private onEdited({ update, edits, provenance }: GatheredEdits): void {
    this.edited = true;
    this.writeOutbox(this.outgoing.queue.append({ update, edits, ...(provenance && { provenance }) }));
  }

  private onDisconnected(): void {
    this.connected = false;
    this.outgoing.disconnect();
    this.stalled = false;
    this.deadline = undefined;
    if (this.phase !== 'refused') this.phase = 'offline';
    this.effects.push({ type: 'leave' });
  }

  private open(): void {
    this.phase = 'opening';
    this.outgoing.rewind();
    this.deadline = this.now + OPEN_TIMEOUT_MS;
    const request = ++this.request;
    this.effects.push({ type: 'open', request, ...this.incoming.open(request) });
  }

  private onOpened(request: number, answer: DocumentOpenAnswer): void {
    if (!this.incoming.isOpenedBy(request) || this.phase !== 'opening') return;
    if (!this.incoming.answered(answer)) {
      this.replace(new TandemError('epoch_mismatch'), true);
      return;
    }
    this.phase = 'receiving';
    this.finishOpen();
  }

  /** Pieces follow the answer; those that come before it belong to an open that was given up. */
  private onPiece(piece: number, bytes: Uint8Array): void {
    if (this.phase !== 'receiving') return;
    this.deadline = this.now + OPEN_TIMEOUT_MS;
    this.incoming.piece(piece, bytes);
    this.finishOpen();
  }

  private finishOpen(): void {
    const complete = this.incoming.complete();
    if (!complete) return;
    const { answer, update } = complete;
    this.effects.push({ type: 'apply', update });
    this.phase = 'open';
    this.role = answer.role;
    this.forbidden = false;
    this.stalled = false;
    this.error = undefined;
    this.deadline = undefined;
    this.effects.push({ type: 'arrive', awareness: answer.awareness, completions: answer.completions ?? [] });
    const lost = answer.damaged?.clientIds ?? (this.mustCompare ? [] : undefined);
    if (lost && this.healings < MAX_HEALINGS) this.sendMissing(answer.stateVector, lost);
    else if (this.outgoing.needsMissing) this.sendMissing(answer.stateVector);
  }

  private onFrame(frame: DocumentUpdateEvent): void {
    // Before an open is complete, frames belong to the one that it replaces: the answer covers them.
    if (this.phase !== 'open' || this.sawReset(frame.epoch)) return;
    const judgement = this.incoming.judge(frame);
    if (judgement === 'hole') {
      this.open();
      return;
    }
    if (judgement === 'known') return;
    this.effects.push({ type: 'apply', update: frame.update });
    this.incoming.received(frame.seq);
  }

  private onResync(event: { readonly update: Uint8Array; readonly seq: number; readonly epoch: number }): void {
    if (this.phase !== 'open' || this.sawReset(event.epoch)) return;
    this.effects.push({ type: 'apply', update: event.update });
    this.incoming.received(event.seq);
  }

  /** V5: the document began anew; what we have is a copy of something that is no more. */
  private sawReset(epoch: number): boolean {
    if (!this.incoming.isReset(epoch)) return false;
    this.replace(new TandemError('epoch_mismatch'), true);
    return true;
  }

  private onServerStatus(state: 'ok' | 'stalled' | 'closed', reopen: boolean): void {
    if (state !== 'closed') this.stalled = state === 'stalled';
    else if (reopen) this.reopen();
    else this.refuse(new TandemError('not_found', 'The server closed this document'));
  }

  /** DOC-47. */
  private reopen(): void {
    if (this.phase === 'offline' || this.phase === 'refused') return;
    this.incoming.doubt();
    this.outgoing.rewind();
    this.mustCompare = true;
    this.stalled = false;
    this.deadline = undefined;
    this.phase = 'waiting';
    this.openAt = this.now + this.random() * REOPEN_WITHIN_MS;
  }

  private send(): void {
    if (!this.canEdit) return;
    for (;;) {
      const effect = this.outgoing.next(this.request + 1, this.now, this.limits.maxUpdateBytes);
      if (!effect) return;
      this.request += 1;
      this.deadline ??= this.now + ACK_TIMEOUT_MS;
      this.effects.push(effect);
    }
  }

  private sendMissing(stateVector: Uint8Array, lost?: readonly number[]): void {
    this.outgoing.needsMissing = false;
    if (!this.canEdit) return;
    this.deadline = this.now + ACK_TIMEOUT_MS;
    if (lost) this.healings += 1;
    this.effects.push(this.outgoing.answerGap(++this.request, stateVector, lost));
  }

  private onStored(request: number, answer: DocumentUpdateAnswer): void {
    if (answer.stored !== false && answer.seq !== undefined && this.phase === 'open') this.incoming.acked(answer.seq);
    if (this.outgoing.heals(request)) {
      this.mustCompare = false;
      this.healings = 0;
    }
    this.writeOutbox({ add: [], remove: this.outgoing.stored(request) });
    this.failures = 0;
    if (this.phase === 'open' && !this.forbidden) {
      this.deadline = this.outgoing.queue.requestsInFlight > 0 ? this.now + ACK_TIMEOUT_MS : undefined;
      if (this.error && this.error.retry !== 'never') this.error = undefined;
    }
  }

  private onRefused(request: number, error: TandemError): void {
    if (this.incoming.isOpenedBy(request) && this.phase === 'opening') {
      this.follow(planForOpen(error, { edited: this.edited, failures: this.failures, random: this.random() }), error);
      return;
    }
    const refused = this.outgoing.refused(request, error, this.now);
    if (!refused || this.phase !== 'open') return;
    this.follow(
      planForUpdate(error, { ...refused, seq: this.seq, failures: this.failures, random: this.random() }),
      error,
    );
  }

  private follow(plan: Plan, error: TandemError): void {
    this.error = error;
    this.outgoing.rewind();
    if (plan.do !== 'send-missing') this.failures += 1;
    this.deadline = undefined;
    switch (plan.do) {
      case 'replace':
        this.replace(error, plan.lost);
        break;
      case 'rename':
        this.effects.push({ type: 'rename' });
        this.open();
        break;
      case 'refuse':
        this.refuse(error);
        break;
      case 'hold':
        this.forbidden = true;
        // Usually `document:role` says why. When our role still allows writing, an open will tell.
        if (canWrite(this.role)) this.deadline = this.now + plan.askAfterMs;
        break;
      case 'send-again':
        this.outgoing.notBefore = this.now + plan.afterMs;
        break;
      case 'send-missing':
        this.sendMissing(plan.stateVector);
        break;
      case 'open-again':
        this.outgoing.needsMissing ||= plan.missing;
        this.phase = 'waiting';
        this.openAt = this.now + plan.afterMs;
    }
  }

  /** V4, V5 and a taken client id: the `Y.Doc` is frozen; with `lost` its waiting edits are not sent any more. */
  private replace(error: TandemError, lost: boolean): void {
    this.error = error;
    this.incoming.startAnew();
    this.edited = false;
    this.deadline = undefined;
    this.effects.push({ type: 'replace', reason: error.code, lost });
    this.writeOutbox({ add: [], remove: this.outgoing.startAnew(lost) });
    for (const { update } of this.entries) this.effects.push({ type: 'apply', update });
    this.phase = 'waiting';
    // A document that is refused again and again must not turn into a loop of opens.
    this.openAt = this.failures > 1 ? this.now + 250 * 2 ** Math.min(this.failures, 5) : this.now;
  }

  private refuse(error: TandemError): void {
    this.error = error;
    this.phase = 'refused';
    this.deadline = undefined;
    this.outgoing.disconnect();
    this.effects.push({ type: 'leave' });
  }

  private onTick(): void {
    if (this.deadline === undefined || this.now < this.deadline) return;
    // An answer that never came, on a connection that seems alive: repeating is safe (V3).
    this.deadline = undefined;
    this.failures += 1;
    this.open();
  }

  private writeOutbox(change: OutboxChange): void {
    if (this.loaded && change.add.length + change.remove.length > 0)
      this.effects.push({ type: 'write-outbox', change });
  }
}
