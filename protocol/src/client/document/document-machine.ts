import { TandemError } from '../../errors.js';
import { DEFAULT_LIMITS, type Limits } from '../../limits.js';
import type { DocumentOpenAnswer, DocumentUpdateAnswer, DocumentUpdateEvent } from '../../wire/document.js';
import type { Role } from '../../wire/fields.js';
import type { OutboxChange, OutboxEntry } from '../outbox/outbox-store.js';
import type { Effect, MachineEvent } from './machine-events.js';
import { Pieces, Receiver } from './receiver.js';
import { type Plan, planForOpen, planForUpdate } from './refusal-plan.js';
import { SendQueue } from './send-queue.js';

/**
 *     offline --connected, outbox read--> opening --answer--> (receiving pieces) --> open
 *        ^                                  |  ^                                       |
 *        |                        refused   |  | openAt                 hole, resync   |
 *     disconnected (from any)               v  |                                       |
 *                                        waiting <-------------------------------------'
 *     refused: for good, until the next connection.        destroyed: the end.
 */
export type Phase = 'offline' | 'opening' | 'receiving' | 'open' | 'waiting' | 'refused' | 'destroyed';

/** Requests in flight at once: enough to fill a slow line, few enough that a refusal repeats little. */
const WINDOW = 16;
/** Frames kept while an open is under way; past it the document is opened once more. */
const MAX_HELD_FRAMES = 1024;
export const OPEN_TIMEOUT_MS = 30_000;
export const ACK_TIMEOUT_MS = 60_000;
const MAX_GAPS = 3;

export const canWrite = (role: Role | undefined) => role === 'owner' || role === 'maintainer' || role === 'editor';

/**
 * The life of one document on the client, without network, clock, timer or `Y.Doc`: `step` takes what happened and
 * the time, and returns what to do. Rules DOC-* of PROTOCOL.md.
 */
export class DocumentMachine {
  phase: Phase = 'offline';
  role: Role | undefined;
  epoch: number | undefined;
  stalled = false;
  connected = false;
  error: TandemError | undefined;

  private readonly queue = new SendQueue();
  private readonly receiver = new Receiver();
  private limits: Limits = DEFAULT_LIMITS;
  private loaded = false;
  /** Whether anything was written under the client id of the present `Y.Doc`. */
  private edited = false;
  private request = 0;
  private openRequest = 0;
  private answer: DocumentOpenAnswer | undefined;
  private pieces = new Pieces();
  private held: DocumentUpdateEvent[] = [];
  /** Set while the answer to a gap is in flight: nothing else is sent until it is settled. */
  private missingRequest: number | undefined;
  private needsMissing = false;
  private gaps = 0;
  private failures = 0;
  private inheritedRefusedAt: number | undefined;
  private forbidden = false;
  private openAt = 0;
  private sendAt = 0;
  private deadline: number | undefined;
  private effects: Effect[] = [];
  private now = 0;

  get seq(): number {
    return this.receiver.seq;
  }

  /** Local edits without an ack. */
  get pending(): number {
    return this.queue.pending;
  }

  /** What waits, for an outbox that comes late. */
  get entries(): readonly OutboxEntry[] {
    return this.queue.all;
  }

  get canEdit(): boolean {
    return !this.forbidden && canWrite(this.role);
  }

  /** Whether the server may hold this document open for us. */
  private get onServer(): boolean {
    return this.phase === 'opening' || this.phase === 'receiving' || this.phase === 'open';
  }

  /** When `tick` is due; undefined when there is nothing to wait for. */
  get wakeAt(): number | undefined {
    if (!this.connected) return undefined;
    if (this.phase === 'waiting') return this.openAt;
    if (this.phase === 'open' && this.sendAt > this.now && this.queue.requestsInFlight === 0 && this.pending > 0) {
      return this.sendAt;
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
        if (this.phase === 'refused') this.phase = 'offline';
        break;
      case 'disconnected':
        this.onDisconnected();
        break;
      case 'edited':
        this.edited = true;
        this.writeOutbox(this.queue.append(event.update, event.edits));
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
        this.onServerStatus(event.state);
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
    const own = this.queue.all;
    this.queue.adopt(entries);
    for (const { update } of entries) this.effects.push({ type: 'apply', update });
    if (own.length > 0) this.writeOutbox({ add: own, remove: [] });
  }

  private onDisconnected(): void {
    this.connected = false;
    this.queue.disconnect();
    this.missingRequest = undefined;
    this.stalled = false;
    this.deadline = undefined;
    this.sendAt = 0;
    if (this.phase !== 'refused') this.phase = 'offline';
    this.effects.push({ type: 'leave' });
  }

  private open(): void {
    this.phase = 'opening';
    this.openRequest = ++this.request;
    this.answer = undefined;
    this.pieces = new Pieces();
    this.held = [];
    this.queue.rewind();
    this.missingRequest = undefined;
    this.deadline = this.now + OPEN_TIMEOUT_MS;
    const known = this.epoch === undefined ? {} : { seq: this.receiver.seq, epoch: this.epoch };
    this.effects.push({ type: 'open', request: this.openRequest, ...known });
  }

  private onOpened(request: number, answer: DocumentOpenAnswer): void {
    if (request !== this.openRequest || this.phase !== 'opening') return;
    // A restored server may answer below what we have seen, or under an epoch that it did not compare.
    const older = this.epoch !== undefined && (answer.epoch !== this.epoch || answer.seq < this.receiver.seq);
    if (older) {
      this.replace(new TandemError('epoch_mismatch'), true);
      return;
    }
    this.answer = answer;
    this.phase = 'receiving';
    this.finishOpen();
  }

  /** Pieces follow the answer; those that come before it belong to an open that was given up. */
  private onPiece(piece: number, bytes: Uint8Array): void {
    if (this.phase !== 'receiving') return;
    this.deadline = this.now + OPEN_TIMEOUT_MS;
    this.pieces.add(piece, bytes);
    this.finishOpen();
  }

  private finishOpen(): void {
    const answer = this.answer;
    if (this.phase !== 'receiving' || !answer) return;
    const update = answer.pieces === undefined ? answer.update : this.pieces.joined(answer.pieces);
    if (answer.pieces !== undefined && update === undefined) return;
    if (update) this.effects.push({ type: 'apply', update });
    this.phase = 'open';
    this.receiver.seq = answer.seq;
    this.epoch = answer.epoch;
    this.role = answer.role;
    this.forbidden = false;
    this.stalled = false;
    this.error = undefined;
    this.deadline = undefined;
    this.effects.push({ type: 'arrive', awareness: answer.awareness });
    if (this.needsMissing) this.sendMissing(answer.stateVector);
    const held = this.held;
    this.held = [];
    for (const frame of held) this.onFrame(frame);
  }

  private onFrame(frame: DocumentUpdateEvent): void {
    if (this.phase === 'opening' || this.phase === 'receiving') {
      if (this.held.length < MAX_HELD_FRAMES) this.held.push(frame);
      return;
    }
    if (this.phase !== 'open' || this.sawReset(frame.epoch)) return;
    const judgement = this.receiver.judge(frame);
    if (judgement === 'hole') {
      this.open();
      return;
    }
    if (judgement === 'known') return;
    this.effects.push({ type: 'apply', update: frame.update });
    this.receiver.seq = frame.seq;
  }

  private onResync(event: { readonly update: Uint8Array; readonly seq: number; readonly epoch: number }): void {
    if (this.phase !== 'open' || this.sawReset(event.epoch)) return;
    this.effects.push({ type: 'apply', update: event.update });
    this.receiver.seq = Math.max(this.receiver.seq, event.seq);
  }

  /** V5: the document began anew; what we have is a copy of something that is no more. */
  private sawReset(epoch: number): boolean {
    if (this.epoch === undefined || epoch === this.epoch) return false;
    this.replace(new TandemError('epoch_mismatch'), true);
    return true;
  }

  private onServerStatus(state: 'ok' | 'stalled' | 'closed'): void {
    if (state !== 'closed') {
      this.stalled = state === 'stalled';
      return;
    }
    this.refuse(new TandemError('not_found', 'The server closed this document'));
  }

  private send(): void {
    if (!this.canEdit || this.missingRequest !== undefined || this.now < this.sendAt) return;
    while (this.queue.requestsInFlight < WINDOW) {
      const batch = this.queue.take(this.request + 1, this.limits.maxUpdateBytes);
      if (!batch) return;
      this.request += 1;
      this.deadline ??= this.now + ACK_TIMEOUT_MS;
      this.effects.push({ type: 'send', request: this.request, update: batch.update });
    }
  }

  private sendMissing(stateVector: Uint8Array): void {
    this.needsMissing = false;
    if (!this.canEdit) return;
    this.queue.rewind();
    this.missingRequest = ++this.request;
    this.deadline = this.now + ACK_TIMEOUT_MS;
    const { clientIds } = this.queue;
    this.queue.takeAll(this.missingRequest);
    this.effects.push({ type: 'send-missing', request: this.missingRequest, stateVector, clientIds });
  }

  private onStored(request: number, answer: DocumentUpdateAnswer): void {
    if (answer.stored !== false && answer.seq !== undefined && this.phase === 'open') this.receiver.acked(answer.seq);
    const ids = this.queue.stored(request);
    if (ids.length > 0) this.writeOutbox({ add: [], remove: ids });
    if (request === this.missingRequest) this.missingRequest = undefined;
    this.gaps = 0;
    this.failures = 0;
    this.inheritedRefusedAt = undefined;
    if (this.phase === 'open') {
      this.deadline = this.queue.requestsInFlight > 0 ? this.now + ACK_TIMEOUT_MS : undefined;
      if (this.error && this.error.retry !== 'never') this.error = undefined;
    }
  }

  private onRefused(request: number, error: TandemError): void {
    if (request === this.openRequest && this.phase === 'opening') {
      this.follow(planForOpen(error, { edited: this.edited, failures: this.failures }), error);
      return;
    }
    const ids = this.queue.idsOf(request);
    if (!ids || this.phase !== 'open') return;
    if (request === this.missingRequest) this.missingRequest = undefined;
    const inherited = this.queue.areInherited(ids);
    if (inherited) this.inheritedRefusedAt ??= this.now;
    if (error.code === 'gap_resync') this.gaps += 1;
    this.follow(
      planForUpdate(error, {
        seq: this.receiver.seq,
        failures: this.failures,
        hopeless: this.gaps > MAX_GAPS,
        inheritedForMs: inherited ? this.now - this.inheritedRefusedAt! : undefined,
      }),
      error,
    );
  }

  private follow(plan: Plan, error: TandemError): void {
    this.error = error;
    this.queue.rewind();
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
        this.sendAt = this.now + plan.afterMs;
        break;
      case 'send-missing':
        this.sendMissing(plan.stateVector);
        break;
      case 'open-again':
        this.needsMissing ||= plan.missing;
        this.phase = 'waiting';
        this.openAt = this.now + plan.afterMs;
    }
  }

  /** V4, V5 and a taken client id: the `Y.Doc` is frozen; with `lost` its waiting edits are not sent any more. */
  private replace(error: TandemError, lost: boolean): void {
    this.error = error;
    this.queue.rewind();
    this.missingRequest = undefined;
    this.needsMissing = false;
    this.gaps = 0;
    this.receiver.seq = 0;
    this.epoch = undefined;
    this.edited = false;
    this.inheritedRefusedAt = undefined;
    this.effects.push({ type: 'replace', reason: error.code, lost });
    if (lost) {
      this.writeOutbox({ add: [], remove: this.queue.clear() });
    } else {
      this.queue.bequeath();
      for (const { update } of this.queue.all) this.effects.push({ type: 'apply', update });
    }
    this.phase = 'waiting';
    // A document that is refused again and again must not turn into a loop of opens.
    this.openAt = this.failures > 1 ? this.now + 250 * 2 ** Math.min(this.failures, 5) : this.now;
  }

  private refuse(error: TandemError): void {
    this.error = error;
    this.phase = 'refused';
    this.deadline = undefined;
    this.queue.disconnect();
    this.missingRequest = undefined;
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
