export interface RetentionPace {
  /** Rows of one statement. */
  readonly batchRows: number;
  /** Rows that one checkpoint stands for at most, and their bytes: they are replayed in memory. */
  readonly stepRows: number;
  readonly stepBytes: number;
  /** Deleted rows of a table that make a vacuum worth its while. */
  readonly vacuumRows: number;
  /** Between two statements, so that the disk is everybody's. Rejects when the pass is to end. */
  pause(): Promise<void>;
}
