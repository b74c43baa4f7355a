import type { Connection } from '../../platform/sockets/connection.js';
import { PacketFrame } from '../../platform/sockets/packet-frame.js';

/** Bytes of one piece. */
const PIECE_BYTES = 256 * 1024;

/** Sends a large answer in pieces, no faster than its reader takes them. The pieces share the bytes of all joiners. */
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
  ) {
    this.count = Math.ceil(update.length / PIECE_BYTES);
    // The answer that tells their number is written in this turn of the event loop.
    setImmediate(() => {
      this.isAnswered = true;
      if (!this.isCancelled) this.send();
    });
  }

  /** Nothing more is sent, not even what was about to be. */
  cancel(): void {
    this.isCancelled = true;
  }

  /** Writes what the reader has room for. */
  send(): 'more' | 'done' {
    while (this.isAnswered && this.next < this.count) {
      const from = this.next * PIECE_BYTES;
      const frame = PacketFrame.of('document:piece', {
        documentId: this.documentId,
        piece: this.next,
        pieces: this.count,
        bytes: this.update.subarray(from, from + PIECE_BYTES),
      });
      if (!this.connection.peer.write(frame)) return 'more';
      this.next++;
    }
    return this.next < this.count ? 'more' : 'done';
  }
}
