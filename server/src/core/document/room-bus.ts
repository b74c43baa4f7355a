/** Edits that a node has committed. */
export interface CommittedEdits {
  readonly type: 'edits';
  readonly documentId: string;
  readonly epoch: number;
  readonly fromSeq: number;
  readonly seq: number;
  /** Left out by carriers with a small message: the receiver reads the rows. */
  readonly update: Uint8Array | undefined;
}

/** Awareness states of a node's own editors, in y-protocols' encoding: those that moved, or went. */
export interface CursorNews {
  readonly type: 'cursors';
  readonly documentId: string;
  /** The node whose editors they are. */
  readonly node: string;
  readonly update: Uint8Array;
}

/** A node has just opened the document: whose editors are in it already? */
export interface CursorsWanted {
  readonly type: 'cursors-wanted';
  readonly documentId: string;
  readonly node: string;
}

export type RoomNews = CommittedEdits | CursorNews | CursorsWanted;

/**
 * The doorbell between nodes: lossy, unordered and doubled deliveries are allowed. A receiver that sees a hole in `seq`
 * reads the log; the poll of heads finds what was never told.
 */
export abstract class RoomBus {
  abstract publish(news: RoomNews): void;
  /** Calls back for the news of other nodes about watched documents. Returns the call that ends the subscription. */
  abstract subscribe(listener: (news: RoomNews) => void): () => void;
  /** News of the document are wanted here until the returned call. */
  abstract watch(documentId: string): () => void;
}
