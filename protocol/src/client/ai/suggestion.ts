import type { CompletionTrigger } from '../../wire/completion.js';

/** A suggestion as it is to be shown in the text of now. A new one is made whenever something of it changes. */
export interface Suggestion {
  readonly completionId: string;
  /** Who asked. */
  readonly userId: string;
  /** Asked by this provider. Others, those of another window of the same user too, cannot be accepted (CMP-21). */
  readonly isMine: boolean;
  /** Nothing more will come. */
  readonly isDone: boolean;
  readonly model: string;
  readonly trigger: CompletionTrigger;
  /** Where the rest would be inserted: UTF-16 units in the text of now. */
  readonly offset: number;
  /** What is left of the selected alternative after what was typed of it; never empty. */
  readonly text: string;
  /** Which one is selected. */
  readonly alternative: number;
  /** How many have something to show here. */
  readonly alternatives: number;
  /** Selects the next or previous one that has something to show. Own ones only; others stay as they are. */
  cycle(step: 1 | -1): void;
  /**
   * Inserts the first `length` units of `text`, default all of it, as an ordinary edit with the origin
   * `{ type: 'completion', completionId }`. A pair of surrogates is never cut: the whole of it is taken. Returns what
   * was inserted where; undefined for a suggestion that is not one's own, or stands there no more.
   */
  accept(length?: number): { readonly from: number; readonly to: number } | undefined;
  /** Do not show it any more; default `rejected`. Own ones only. */
  dismiss(outcome?: 'rejected' | 'ignored'): void;
}

export interface SuggestionsEvents {
  change: readonly Suggestion[];
}
