import type { RoomSession } from '../../core/document/room/room-session.js';
import type { Connection } from '../../platform/sockets/connection.js';
import { PacketFrame } from '../../platform/sockets/packet-frame.js';

/** Bytes of one piece. */
const PIECE_BYTES = 256 * 1024;

/** The frames of an update that several get at once: who joins a document at the same `seq` gets the same bytes. */
const framesOf = new WeakMap<Uint8Array, PacketFrame[]>();

/** Sends a large answer in pieces, no faster than its reader takes them. */
export class PieceSender {
  /** Up to this size, in bytes, the answer holds the update itself. */
  static readonly threshold = 2 * PIECE_BYTES;

  readonly count: number;
  private next = 0;
  private isAnswered = false;
  private isCancelled = false;

  constructor(
    private readonly connection: Connection,
    private readonly documentId: string,
    private readonly update: Uint8Array,
    private readonly session: RoomSession,
    /** Called when they may be sent. */
    begin: () => void,
  ) {
    this.count = Math.ceil(update.length / PIECE_BYTES);
    // The answer that tells their number is written in this turn of the event loop.
    setImmediate(() => {
      this.isAnswered = true;
      if (!this.isCancelled) begin();
    });
  }

  /** Nothing more is sent, not even what was about to be. */
  cancel(): void {
    this.isCancelled = true;
  }

  /** Writes what the reader has room for; nothing more to who may not read the document any longer. */
  send(): 'more' | 'done' {
    if (this.session.isClosed) return 'done';
    while (this.isAnswered && this.next < this.count) {
      if (!this.connection.peer.write(this.frame(this.next))) return 'more';
      this.next++;
    }
    return this.next < this.count ? 'more' : 'done';
  }

  private frame(piece: number): PacketFrame {
    let frames = framesOf.get(this.update);
    if (!frames) {
      frames = [];
      framesOf.set(this.update, frames);
    }
    frames[piece] ??= PacketFrame.of('document:piece', {
      documentId: this.documentId,
      piece,
      pieces: this.count,
      bytes: this.update.subarray(piece * PIECE_BYTES, (piece + 1) * PIECE_BYTES),
    });
    return frames[piece];
  }
}
