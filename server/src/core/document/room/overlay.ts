import type { DocumentState } from '../document-state.js';
import type { DecodedUpdate } from '../update/decoded-update.js';
import { IdRanges } from '../update/id-ranges.js';
import type { KnownIds } from '../update/trim-update.js';
import type { RowProvenance } from '../update-log.js';
import { isClosed } from './causality.js';
import type { RoomSession } from './room-session.js';

/** An admitted update on its way to the log. */
export interface PendingUpdate {
  readonly session: RoomSession;
  readonly update: DecodedUpdate;
  readonly provenance: RowProvenance | undefined;
  /** Called once. */
  readonly answer: (outcome: Outcome) => void;
}

export interface RefusedOutcome {
  readonly type: 'refused';
  readonly code: 'store_unavailable' | 'forbidden' | 'not_found' | 'epoch_mismatch' | 'gap_resync';
}

export type Outcome = { readonly type: 'committed'; readonly seq: number; readonly stored: boolean } | RefusedOutcome;

/** What is admitted but not committed yet, over the committed state. Nobody else sees it. */
export class Overlay implements KnownIds {
  private waiting: PendingUpdate[] = [];
  private inFlight: PendingUpdate[] = [];
  private readonly ends = new Map<number, number>();
  private waitingDeletes = IdRanges.NONE;
  private inFlightDeletes = IdRanges.NONE;
  bytes = 0;
  /** How often edits were taken out that had not been committed: what was known before may not be any more. */
  drops = 0;
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
    // The state can be ahead, when another connection of the same editor had it stored meanwhile.
    return Math.max(this.ends.get(client) ?? 0, this.state.end(client));
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
    if (!pending.update.deletes.isEmpty) {
      if (this.waitingDeletes.isEmpty) this.waitingDeletes = new IdRanges();
      this.waitingDeletes.addAll(pending.update.deletes);
    }
    this.bytes += pending.update.bytes.length;
  }

  /** Moves all that waits into the one batch that is being committed. */
  take(): readonly PendingUpdate[] {
    if (this.inFlight.length > 0) throw new Error('a batch is under way');
    this.inFlight = this.waiting;
    this.inFlightDeletes = this.waitingDeletes;
    this.waiting = [];
    this.waitingDeletes = IdRanges.NONE;
    return this.inFlight;
  }

  /** The batch stands in the committed state now. */
  settle(): readonly PendingUpdate[] {
    const settled = this.inFlight;
    this.inFlight = [];
    this.inFlightDeletes = IdRanges.NONE;
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

  /**
   * Takes out what `keep` does not want. What was built on it goes too: an honest editor has never seen it, but two
   * accounts of one attacker could leave a gap in the log for ever.
   */
  drop(keep: (pending: PendingUpdate) => boolean): { dropped: PendingUpdate[]; orphaned: PendingUpdate[] } {
    const dropped: PendingUpdate[] = [];
    const orphaned: PendingUpdate[] = [];
    const all = [...this.inFlight, ...this.waiting];
    this.drops++;
    this.replace([]);
    for (const pending of all) {
      if (!keep(pending)) dropped.push(pending);
      else if (isClosed(pending.update, this)) this.push(pending);
      else orphaned.push(pending);
    }
    return { dropped, orphaned };
  }

  private replace(waiting: PendingUpdate[]): void {
    this.waiting = [];
    this.inFlight = [];
    this.ends.clear();
    this.waitingDeletes = IdRanges.NONE;
    this.inFlightDeletes = IdRanges.NONE;
    this.bytes = 0;
    for (const pending of waiting) this.push(pending);
  }
}

function size(updates: readonly PendingUpdate[]): number {
  let bytes = 0;
  for (const { update } of updates) bytes += update.bytes.length;
  return bytes;
}
