import type { TandemError } from '../../errors.js';
import type { Effect } from './machine-events.js';
import { SendQueue } from './send-queue.js';

/** Requests in flight at once: enough to fill a slow line, few enough that a refusal repeats little. */
const WINDOW = 16;
const MAX_GAPS = 3;

/** What a refused update was. */
export interface RefusedUpdate {
  /** The server's state was sent what it lacks often enough, and it still misses something. */
  readonly hopeless: boolean;
  /** Since when edits of an earlier `Y.Doc` are refused; undefined for own ones. */
  readonly inheritedForMs: number | undefined;
  /** It was to bring back what the server had lost: no refusal of that speaks against what we have. */
  readonly isHealing: boolean;
}

/** The sending half of a document: when the outbox may go out, and what became of it. */
export class Outgoing {
  readonly queue = new SendQueue();
  /** Nothing is sent before. */
  notBefore = 0;
  /** Once open, answer the gap before anything else. */
  needsMissing = false;
  /** The answer to a gap in flight: nothing else is sent until it is settled. */
  private missing: number | undefined;
  private isHealing = false;
  private gaps = 0;
  private inheritedRefusedAt: number | undefined;

  /** The next request, when something waits and may be sent. */
  next(request: number, now: number, maxBytes: number): Effect | undefined {
    const busy = this.missing !== undefined || this.queue.requestsInFlight >= WINDOW;
    if (busy || now < this.notBefore) return undefined;
    const batch = this.queue.take(request, maxBytes);
    return batch && { type: 'send', request, update: batch.update, provenance: batch.provenance };
  }

  /** V2: one request instead of everything that waits. `lost`: further ids of which the server lacks something (DOC-44). */
  answerGap(request: number, stateVector: Uint8Array, lost?: readonly number[]): Effect {
    this.rewind();
    this.needsMissing = false;
    this.missing = request;
    this.isHealing = lost !== undefined;
    const clientIds = new Set([...this.queue.clientIds, ...(lost ?? [])]);
    return { type: 'send-missing', request, stateVector, clientIds, ...this.queue.takeAll(request) };
  }

  /** Whether the request is on its way to bring back what the server has lost. */
  heals(request: number): boolean {
    return this.isHealing && request === this.missing;
  }

  /** Returns the ids that leave the outbox. */
  stored(request: number): readonly number[] {
    const ids = this.queue.stored(request);
    // What it did not settle is sent after it: nothing else was in flight.
    if (request === this.missing) this.rewind();
    this.gaps = 0;
    this.inheritedRefusedAt = undefined;
    return ids;
  }

  /** Undefined for a request that was taken back: what it held was sent again. */
  refused(request: number, error: TandemError, now: number): RefusedUpdate | undefined {
    const ids = this.queue.idsOf(request);
    if (!ids) return undefined;
    if (this.heals(request)) return { hopeless: false, inheritedForMs: undefined, isHealing: true };
    if (error.code === 'gap_resync') this.gaps += 1;
    const hopeless = this.gaps > MAX_GAPS;
    if (!this.queue.areInherited(ids)) return { hopeless, inheritedForMs: undefined, isHealing: false };
    this.inheritedRefusedAt ??= now;
    return { hopeless, inheritedForMs: now - this.inheritedRefusedAt, isHealing: false };
  }

  /** Everything in flight waits again. */
  rewind(): void {
    this.queue.rewind();
    this.missing = undefined;
  }

  disconnect(): void {
    this.rewind();
    this.queue.disconnect();
    this.notBefore = 0;
  }

  /** For a new `Y.Doc`. Returns the ids that leave the outbox: all of them when the waiting edits are `lost`. */
  startAnew(lost: boolean): readonly number[] {
    this.rewind();
    this.needsMissing = false;
    this.gaps = 0;
    this.inheritedRefusedAt = undefined;
    if (lost) return this.queue.clear();
    this.queue.bequeath();
    return [];
  }
}
