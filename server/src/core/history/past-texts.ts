import type { Moment } from './past-documents.js';

/** Texts of documents of kind `text` as they were. Whether somebody may read them is the caller's to ask. */
export abstract class PastTexts {
  /**
   * Rejects with TandemError `not_found`, `history_gone`, `bad_request` (a `seq` beyond the head), `too_large`, `overloaded`,
   * `store_unavailable` (retry `never`: what is stored of that moment is damaged).
   */
  abstract text(documentId: string, moment: Moment): Promise<{ text: string; seq: number }>;
}
