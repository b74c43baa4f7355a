import type { CompletionDeltaEvent } from '../../wire/completion.js';

/** A piece of text as it came, of one of the alternatives. */
export interface CompletionDelta {
  readonly alternative: number;
  readonly text: string;
}

/** What a delta was: `hole` when others before it are missing; it is left out, and what stands here stays the beginning. */
export type DeltaJudgement = 'taken' | 'known' | 'hole';

/**
 * What came of one suggestion, in order and each delta once (CMP-25):
 *
 *     deltas 0, 1, 2 of attempt 1 --restarted--> deltas 0, 1 of attempt 2 --done--> the final texts
 */
export class Transcript {
  /** 0 until the first delta or restart tells. */
  attempt = 0;
  /** The last delta that `texts` holds, -1 for none. */
  index = -1;
  texts: string[] = [];
  /** Those of this attempt; what was there before we looked counts as one of each alternative. */
  deltas: CompletionDelta[] = [];
  /** How often what came was void. */
  restarts = 0;
  isDone = false;

  /** What a later opener is told of it. */
  adopt(state: { readonly attempt: number; readonly index: number; readonly texts: readonly string[] }): void {
    this.attempt = state.attempt;
    this.index = state.index;
    this.texts = [...state.texts];
    this.deltas = state.texts.flatMap((text, alternative) => (text === '' ? [] : [{ alternative, text }]));
  }

  delta({ attempt, index, alternative, text }: CompletionDeltaEvent): DeltaJudgement {
    if (this.isDone) return 'known';
    if (this.attempt === 0) this.attempt = attempt;
    if (attempt !== this.attempt || index <= this.index) return 'known';
    if (index > this.index + 1) return 'hole';
    this.index = index;
    while (this.texts.length <= alternative) this.texts.push('');
    this.texts[alternative] += text;
    this.deltas.push({ alternative, text });
    return 'taken';
  }

  /** False for an attempt that is known. */
  restarted(attempt: number): boolean {
    if (this.isDone || attempt <= this.attempt) return false;
    this.attempt = attempt;
    this.index = -1;
    this.texts = [];
    this.deltas = [];
    this.restarts += 1;
    return true;
  }

  /**
   * The texts as they may be accepted: filters at the end may have shortened what came. What is longer was not sent to us
   * as deltas: a server leaves those out for who is slow, and sends the end in any case.
   */
  done(texts: readonly string[]): boolean {
    if (this.isDone) return false;
    this.isDone = true;
    for (const [alternative, text] of texts.entries()) {
      const came = this.texts[alternative] ?? '';
      if (text.length > came.length && text.startsWith(came)) {
        this.deltas.push({ alternative, text: text.slice(came.length) });
      }
    }
    this.texts = [...texts];
    return true;
  }
}
