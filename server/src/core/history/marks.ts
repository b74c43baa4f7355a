import type { HistorySource } from '@tandem/protocol/http';

/** On the row that a restore wrote: what it brought back. */
export interface RestoreMark {
  readonly restore: Extract<HistorySource, { seq: number }>;
}

/** On the row that an epoch begins with: what the document became. */
export interface ResetMark {
  readonly reset: HistorySource;
}

export type Mark = RestoreMark | ResetMark;
