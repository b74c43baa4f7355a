import type { WrittenChange } from './changes.js';
import type { LogPosition } from './log-position.js';

/** What a look at the log has found. */
export interface News {
  /** To be given to the next look. */
  readonly seen: LogPosition;
  /** By their ids; none twice, from look to look. */
  readonly changes: readonly WrittenChange[];
  /** False: there may have been others, which are not kept any more, or are too many to be told. */
  readonly isWhole: boolean;
}

/**
 * The changes of the last minutes. Each is written down by the transaction that it tells of, so that a node that no bus
 * reaches finds out, and a crash between the commit and the telling costs a second (decision 012).
 */
export abstract class ChangeLog {
  /**
   * What was committed since that look; of the first look, nothing but where it stands. Rejects with `store_unavailable`;
   * safe to repeat.
   */
  abstract news(since: LogPosition | undefined): Promise<News>;
  /** Forgets what is older than ten minutes, but the newest. */
  abstract prune(): Promise<void>;
}
