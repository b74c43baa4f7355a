import { calibrated, placeOf } from './calibration.js';
import type { Found } from './line-search.js';
import type { TextAround } from './text-around.js';

export interface NgramCompletion {
  /** To be inserted at the caret; never blank, never more than one line. */
  readonly text: string;
  /** Up to what stands right of the caret; otherwise the line is meant to go on. */
  readonly isWholeLine: boolean;
  /** That the rest of the line is meant to be exactly this; or, if not whole, to begin with it. */
  readonly probability: number;
  readonly tokens: number;
}

/** The lines that fit in, distinct, best first. */
export const wholeLines = ({ lines }: Found, around: TextAround, isBehindWord: boolean): NgramCompletion[] => {
  const completions: NgramCompletion[] = [];
  for (const { text: found, tokens, probability } of lines) {
    const text = around.fit(found);
    if (text === undefined || completions.some((other) => other.text === text)) continue;
    const reached = calibrated(probability, placeOf(isBehindWord, text), 'line');
    completions.push({ text, isWholeLine: true, probability: reached, tokens });
  }
  return completions.sort((a, b) => b.probability - a.probability);
};

/** The longest beginning of a line that fits in and is at least so probable. */
export const longestBeginning = (
  { beginnings }: Found,
  around: TextAround,
  isBehindWord: boolean,
  threshold: number,
): NgramCompletion | undefined => {
  for (const { text: found, tokens, probability } of beginnings.toReversed()) {
    const text = around.fitBeginning(found);
    if (text === undefined) continue;
    const reached = calibrated(probability, placeOf(isBehindWord, text), 'beginning');
    if (reached >= threshold) return { text, isWholeLine: false, probability: reached, tokens };
  }
  return undefined;
};
