import type { DocumentDigests } from '../../core/document/document-digests.js';
import type { Room } from '../../core/document/room/room.js';
import { openingStored } from '../../core/document/stored-state.js';
import type { Damage, UpdateLog } from '../../core/document/update-log.js';
import { inTurns } from '../../platform/long-work.js';

export type Verdict =
  | { readonly type: 'same' }
  | { readonly type: 'different' }
  /** What the log holds cannot be used as a whole. */
  | { readonly type: 'damaged'; readonly damage: readonly Damage[] }
  /** Another life of the document, another node is ahead, or the document is being healed: nothing can be said. */
  | { readonly type: 'unknown' };

/** Above this, in bytes, only ids are compared: a parsed document takes ten times as much. */
const MAX_PARSED_BYTES = 4 * 1024 * 1024;

/** Compares what a room has with what the log holds up to the same `seq`. */
export class StoredComparison {
  constructor(
    private readonly log: UpdateLog,
    private readonly digests: DocumentDigests,
  ) {}

  /**
   * `flagged`: of a document of which something is set aside, the log may say less than a room that is whole, and that room
   * must not be given up for it. Rejects with StoreUnavailable, and when the thread fails.
   */
  async judge({ documentId, kind, epoch, state }: Room, flagged: 'judged' | 'unknown'): Promise<Verdict> {
    const { seq } = state;
    const update = state.encode();
    const stored = await this.log.load(documentId);
    if (!stored || stored.epoch !== epoch || stored.after > seq) return { type: 'unknown' };
    if (stored.isDamaged && flagged === 'unknown') return { type: 'unknown' };
    if (stored.damage.length > 0) return { type: 'damaged', damage: stored.damage };
    const rows = stored.rows.filter((row) => row.seq <= seq);
    // The log says less than the room: what was acknowledged is not there.
    if (stored.after + rows.length < seq) return { type: 'different' };
    const rebuilt = await inTurns(openingStored({ ...stored, rows }));
    if (rebuilt.damage.length > 0) return { type: 'damaged', damage: rebuilt.damage };
    const again = rebuilt.state.encode();
    const depth = Math.max(update.length, again.length) <= MAX_PARSED_BYTES ? 'content' : 'ids';
    const [held, found] = await Promise.all([
      this.digests.of(update, kind, depth),
      this.digests.of(again, kind, depth),
    ]);
    return { type: held === found ? 'same' : 'different' };
  }
}
