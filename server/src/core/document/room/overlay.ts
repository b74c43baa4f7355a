import type { Provenance } from '@tandem/protocol';
import type { DocumentState } from '../document-state.js';
import type { DecodedUpdate } from '../update/decoded-update.js';
import { IdRanges } from '../update/id-ranges.js';
import type { KnownIds } from '../update/trim-update.js';
import type { RoomSession } from './room-session.js';

/** An admitted update on its way to the log. */
export interface PendingUpdate {
  readonly session: RoomSession;
  readonly update: DecodedUpdate;
  readonly provenance: Provenance | undefined;
  /** Called once. */
  readonly answer: (outcome: Outcome) => void;
}

export type Outcome =
  | { type: 'committed'; seq: number; stored: boolean }
  | { type: 'refused'; code: 'store_unavailable' | 'forbidden' | 'not_found' | 'epoch_mismatch' };

/** What is admitted but not committed yet, over the committed state. Nobody else sees it. */
export class Overlay implements KnownIds {
  private waiting: PendingUpdate[] = [];
  private inFlight: PendingUpdate[] = [];
  private readonly ends = new Map<number, number>();
  private waitingDeletes = new IdRanges();
  private inFlightDeletes = new IdRanges();
  bytes = 0;
  /** Nothing may be taken: what stands in the log, or who may write, is being found out. */
  isHeld = false;

  constructor(private readonly state: DocumentState) {}

  get isEmpty(): boolean {
    return this.waiting.length === 0 && this.inFlight.length === 0;
  }

  /** Whether a batch can be taken now. */
  get isReady(): boolean {
    return this.waiting.length > 0 && this.inFlight.length === 0 && !this.isHeld;
  }

  get authors(): Set<RoomSession> {
    return new Set([...this.inFlight, ...this.waiting].map((pending) => pending.session));
  }

  /** What was taken and is being committed. */
  get batch(): readonly PendingUpdate[] {
    return this.inFlight;
  }

  end(client: number): number {
    return this.ends.get(client) ?? this.state.end(client);
  }

  eachUndeleted(client: number, start: number, end: number, callback: (start: number, end: number) => void): void {
    this.state.eachUndeleted(client, start, end, (from, to) => {
      this.inFlightDeletes.eachMissing(client, from, to, (a, b) => {
        this.waitingDeletes.eachMissing(client, a, b, callback);
      });
    });
  }

  push(pending: PendingUpdate): void {
    this.waiting.push(pending);
    for (const block of pending.update.blocks) this.ends.set(block.client, block.end);
    this.waitingDeletes.addAll(pending.update.deletes);
    this.bytes += pending.update.bytes.length;
  }

  /** Moves all that waits into the one batch that is being committed. */
  take(): readonly PendingUpdate[] {
    if (this.inFlight.length > 0) throw new Error('a batch is under way');
    this.inFlight = this.waiting;
    this.inFlightDeletes = this.waitingDeletes;
    this.waiting = [];
    this.waitingDeletes = new IdRanges();
    return this.inFlight;
  }

  /** The batch stands in the committed state now. */
  settle(): readonly PendingUpdate[] {
    const settled = this.inFlight;
    this.inFlight = [];
    this.inFlightDeletes = new IdRanges();
    this.bytes -= size(settled);
    for (const { update } of settled) {
      for (const block of update.blocks) if (this.ends.get(block.client) === block.end) this.ends.delete(block.client);
    }
    return settled;
  }

  /** The batch was not written: it waits again, before what came after it. */
  putBack(): void {
    this.replace([...this.inFlight, ...this.waiting]);
  }

  /** Takes out what `keep` does not want, and returns it. All updates of a user go together, so no gap can arise. */
  drop(keep: (pending: PendingUpdate) => boolean): PendingUpdate[] {
    const all = [...this.inFlight, ...this.waiting];
    this.replace(all.filter(keep));
    return all.filter((pending) => !keep(pending));
  }

  private replace(waiting: PendingUpdate[]): void {
    this.waiting = [];
    this.inFlight = [];
    this.ends.clear();
    this.waitingDeletes = new IdRanges();
    this.inFlightDeletes = new IdRanges();
    this.bytes = 0;
    for (const pending of waiting) this.push(pending);
  }
}

function size(updates: readonly PendingUpdate[]): number {
  let bytes = 0;
  for (const { update } of updates) bytes += update.bytes.length;
  return bytes;
}
