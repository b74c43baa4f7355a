import type { DocumentKind } from '@tandem/protocol';
import type { StoredRow, StoredSnapshot } from '../document/update-log.js';
import type { ChangeRow } from './change-groups.js';
import { BYTES_BETWEEN_SNAPSHOTS } from './thinning.js';

/** After an update, what was stored by then (epoch milliseconds of the database's clock), or all that is stored. */
export type Moment = { readonly seq: number } | { readonly at: number } | 'now';

/** What is read at once of the rows of one document, beside its snapshot. */
export interface ReplayBounds {
  readonly rows: number;
  readonly bytes: number;
}

/**
 * Several times what thinning leaves between two snapshots: more is there only where none could be made. So many small rows are
 * put together in five seconds.
 */
export const REPLAY_BOUNDS: ReplayBounds = { rows: 500_000, bytes: 2 * BYTES_BETWEEN_SNAPSHOTS };

/** What a document consisted of: a snapshot of the epoch of then, and the rows after it. */
export interface PastDocument {
  readonly kind: DocumentKind;
  /** The last row that it contains. */
  readonly seq: number;
  readonly snapshot: StoredSnapshot | undefined;
  readonly rows: readonly StoredRow[];
}

export interface ChangeRows {
  /** Newest first, without a hole. */
  readonly rows: readonly ChangeRow[];
  /** Where history begins: the rows up to it are gone. */
  readonly oldestSeq: number;
}

/**
 * The log as a record of what was (decision 009). All reject with TandemError `not_found` for a document that is not there,
 * and with `store_unavailable`.
 */
export abstract class PastDocuments {
  /**
   * From the nearest snapshot that can be read. Rejects with TandemError `history_gone` for a moment that retention has dropped,
   * `bad_request` for a `seq` beyond the head, `too_large` when more was written since that snapshot than is read at once; with
   * StoredDataCorrupt. A time to come is now.
   */
  abstract at(documentId: string, moment: Moment): Promise<PastDocument>;
  /**
   * At most `limit` rows with a `seq` less than `before`, or the newest. Rejects with `not_found`, and with StoredDataCorrupt when
   * a row among them cannot be read.
   */
  abstract changes(documentId: string, before: number | undefined, limit: number): Promise<ChangeRows>;
}
