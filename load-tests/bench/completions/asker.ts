/** A delta as it came. */
export interface Heard {
  readonly index: number;
  readonly text: string;
  readonly at: number;
}

/** What became of one request. Times are of `now()`. */
export interface Answer {
  readonly askedAt: number;
  readonly heard: readonly Heard[];
  /** Only of Tandem: under what it stands in the record, and what it says the whole text is. */
  readonly completionId?: string;
  readonly finalText?: string;
  /** What was wrong with it besides lost and doubled tokens. */
  readonly fault?: string;
  readonly cancelledAt?: number;
}

/** Somebody who asks for one completion after another. */
export interface Asker {
  readonly mark: string;
  /** The n-th request of this asker. With `cancelAfter` it is cancelled when so many deltas have come. */
  ask(n: number, cancelAfter?: number): Promise<Answer>;
  close(): void;
}
