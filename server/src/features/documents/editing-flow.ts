import type { Room } from '../../core/document/room/room.js';
import { AdmissionGate } from '../../platform/limits/admission-gate.js';
import type { Connection } from '../../platform/sockets/connection.js';
import type { RoomCapacity } from './room-capacity.js';
import { SharedUploads } from './uploads.js';

/** How long an open may wait for its turn, in milliseconds: less than a client waits for its answer. */
const OPEN_PATIENCE_MS = 10_000;

/** Edits of one connection that wait for their commit, in bytes; beyond it the socket is not read. */
const MAX_PENDING_BYTES = 1024 * 1024;
/** What an edit that waits costs beside its bytes. */
const EDIT_BYTES = 512;
/** The part of all unfinished uploads that one person may have with several of them. */
const UPLOADS_EACH = 1 / 4;

/** What the editors of this node have under way together: what each of them may is not what all of them may. */
export class EditingFlow {
  /** Connections take turns at opening documents: after a restart all come back at once. */
  readonly opens: AdmissionGate<Connection>;
  readonly uploads: SharedUploads;
  private pendingBytes = 0;

  constructor(private readonly capacity: RoomCapacity) {
    const { opensAtOnce: slots, opensWaiting: waiting, uploadsBytes } = capacity;
    this.opens = new AdmissionGate({ slots, waiting, patienceMs: OPEN_PATIENCE_MS });
    this.uploads = new SharedUploads(uploadsBytes, uploadsBytes * UPLOADS_EACH);
  }

  /** The edits of one connection. */
  of({ peer }: Connection): PendingEdits {
    return new PendingEdits(this, (isTooMuch) => peer.restrainEdits(isTooMuch));
  }

  count(bytes: number): void {
    this.pendingBytes += bytes;
  }

  isFull(room: Room | undefined): boolean {
    const { commitQueueBytes, roomQueueBytes } = this.capacity;
    return this.pendingBytes > commitQueueBytes || (room !== undefined && room.overlay.bytes > roomQueueBytes);
  }
}

/**
 * What one connection has sent and not had answered. When it is too much, or its document or the node has too much, it is
 * not read until less of it waits; who has nothing waiting is always read, so that nobody is forgotten.
 */
export class PendingEdits {
  private bytes = 0;
  /** What the newest edit that waits is a part of. */
  private message: ArrayBufferLike | undefined;

  constructor(
    private readonly flow: EditingFlow,
    private readonly restrain: (isTooMuch: boolean) => void,
  ) {}

  /** What an update is counted as. With it waits the message, or what was read from the socket at once: counted once. */
  cost({ buffer, length }: Uint8Array): number {
    const isCounted = buffer === this.message;
    this.message = buffer;
    return (isCounted ? length : buffer.byteLength) + EDIT_BYTES;
  }

  add(cost: number, room: Room | undefined): void {
    this.bytes += cost;
    this.flow.count(cost);
    if (this.bytes > MAX_PENDING_BYTES || this.flow.isFull(room)) this.restrain(true);
  }

  remove(cost: number, room: Room | undefined): void {
    this.bytes -= cost;
    this.flow.count(-cost);
    if (this.bytes === 0) this.message = undefined;
    if (this.bytes === 0 || (this.bytes <= MAX_PENDING_BYTES / 2 && !this.flow.isFull(room))) this.restrain(false);
  }
}
