/** What the documents of a node may take in all. Sizes are bytes. */
export interface RoomCapacity {
  /** Documents that are being opened for somebody at once, and how many may wait for their turn. */
  readonly opensAtOnce: number;
  readonly opensWaiting: number;
  /** Documents that are being read from the log at once. */
  readonly loadsAtOnce: number;
  /** Edits that wait for their commit: of one document, and of all. */
  readonly roomQueueBytes: number;
  readonly commitQueueBytes: number;
  readonly openDocumentBytes: number;
  /** Unfinished updates in parts. */
  readonly uploadsBytes: number;
}
