/** Edits that a node has committed. */
export interface CommittedEdits {
  readonly documentId: string;
  readonly epoch: number;
  readonly fromSeq: number;
  readonly seq: number;
  /** Left out by carriers with a small message: the receiver reads the rows. */
  readonly update: Uint8Array | undefined;
}

/**
 * The doorbell between nodes: lossy, unordered and doubled deliveries are allowed. A receiver that sees a hole in `seq`
 * reads the log.
 */
export abstract class RoomBus {
  abstract publish(edits: CommittedEdits): void;
  /** Calls back for the edits of other nodes. Returns the call that ends the subscription. */
  abstract subscribe(listener: (edits: CommittedEdits) => void): () => void;
}
