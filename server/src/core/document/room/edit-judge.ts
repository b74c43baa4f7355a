import type { Limits } from '@tandem/protocol';
import type { DocumentState } from '../document-state.js';
import type { DecodeBounds } from '../update/decode-bounds.js';
import type { DecodedUpdate } from '../update/decoded-update.js';
import { type Admission, type Refusal, refused, tooLarge } from './admission.js';
import type { ClientIds } from './client-ids.js';
import type { Overlay } from './overlay.js';
import type { RoomSession } from './room-session.js';

/** Of one document: each costs every open with a state vector some nanoseconds. */
const MAX_DELETE_RANGES = 2_000_000;
export const MANY_RANGES = 1000;
/** Up to this size, in bytes, an edit that only deletes is taken also where there is no room: how else would there be some again? */
const SHRINKING_BYTES = 64 * 1024;

/** Whose an edit may be, and how large. */
export class EditJudge {
  constructor(
    private readonly state: DocumentState,
    private readonly overlay: Overlay,
    private readonly clientIds: ClientIds,
    private readonly limits: Limits,
  ) {}

  /** New structs stand under ids of the sender; ids of others may only repeat what is known (A6). */
  authors(session: RoomSession, update: DecodedUpdate): Admission | undefined {
    let fresh = 0;
    for (const block of update.blocks) {
      if (block.end <= this.overlay.end(block.client)) continue;
      if (++fresh > this.limits.maxClientIds) return tooLarge(this.limits.maxClientIds);
      if (session.clientIds.has(block.client)) continue;
      if (!this.clientIds.isBound(block.client)) continue;
      const conflict = this.clientIds.conflict(block.client, session);
      if (conflict?.type === 'taken') return refused('client_id_taken');
      if (conflict) return { type: 'behind', refusal: refused('not_your_client_id') };
    }
    return undefined;
  }

  mayBind(session: RoomSession, clientIds: readonly number[]): Refusal | undefined {
    const { maxClientIds } = this.limits;
    return session.clientIds.size + clientIds.length > maxClientIds ? tooLarge(maxClientIds) : undefined;
  }

  /** Of a trimmed update: what is known counts against no limit. */
  size(update: DecodedUpdate, isResync: boolean): Refusal | undefined {
    const { maxUpdateStructs, maxDocumentBytes } = this.limits;
    const ranges = update.listed.rangeCount;
    if (!isResync && Math.max(update.structCount, ranges) > maxUpdateStructs) return tooLarge(maxUpdateStructs);
    const isFull = this.state.byteLength + this.overlay.bytes + update.bytes.length > maxDocumentBytes;
    // Counted only for an update that brings many: a document holds millions of them only by intent.
    if ((isFull || ranges > MANY_RANGES) && this.state.deletes.rangeCount + ranges > MAX_DELETE_RANGES) {
      return tooLarge(MAX_DELETE_RANGES, 'doc_full');
    }
    return isFull && !isShrinking(update) ? tooLarge(maxDocumentBytes, 'doc_full') : undefined;
  }

  /** How far a large update is read that would be refused in the end. */
  bounds(isResync: boolean): DecodeBounds {
    const { maxUpdateStructs, maxClientIds } = this.limits;
    return {
      structs: isResync ? Number.POSITIVE_INFINITY : maxUpdateStructs,
      authors: maxClientIds,
      strangers: maxUpdateStructs,
      end: (client) => this.overlay.end(client),
    };
  }

  /** How many new ranges of deletes a large update may have. */
  maxRanges(isResync: boolean): number {
    return isResync ? MAX_DELETE_RANGES : this.limits.maxUpdateStructs;
  }
}

/** Deletes only: they let compaction drop what they delete, and are bounded by it. */
function isShrinking({ blocks, bytes }: DecodedUpdate): boolean {
  return blocks.length === 0 && bytes.length <= SHRINKING_BYTES;
}
