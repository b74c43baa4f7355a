import { isWordLike } from './tokenizer.js';

/**
 * A line's probability, as the product of its tokens', comes out too low: when one token of a line is as expected, the others
 * are more likely to be. Slope and intercept of logistic fits on Tandem's own held-out sources
 * (load-tests/eval/fit-calibration.ts), for whole lines and for beginnings of lines.
 */
const FITS = {
  /** Behind anything but a word. */
  atToken: { line: [1.04, 0.24], beginning: [1.09, 0.03] },
  /** Goes on with the word before the caret. */
  insideWord: { line: [1.13, 0.3], beginning: [1.07, 0.41] },
  /** Takes the word before the caret for complete. */
  afterWord: { line: [1.1, 0.3], beginning: [1.3, 0.31] },
} as const;

export type Place = keyof typeof FITS;
export type Extent = 'line' | 'beginning';

export const placeOf = (isBehindWord: boolean, text: string): Place => {
  if (!isBehindWord) return 'atToken';
  return isWordLike(text, 0) ? 'insideWord' : 'afterWord';
};

const logistic = (logit: number) => 1 / (1 + Math.exp(-logit));
const logitOf = (probability: number) => Math.log(probability / (1 - probability));
const isCertain = (probability: number) => probability <= 0 || probability >= 1;

/** How often what was found with `probability` is what is meant. Keeps order among those of a kind. */
export const calibrated = (probability: number, place: Place, extent: Extent): number => {
  const [slope, intercept] = FITS[place][extent];
  return isCertain(probability) ? probability : logistic(slope * logitOf(probability) + intercept);
};

/** The other way round. */
export const uncalibrated = (probability: number, place: Place, extent: Extent): number => {
  const [slope, intercept] = FITS[place][extent];
  return isCertain(probability) ? probability : logistic((logitOf(probability) - intercept) / slope);
};

/** The least that something was found with if it reaches `probability`. */
export const leastUncalibrated = (probability: number, isBehindWord: boolean, extent: Extent): number => {
  const places: readonly Place[] = isBehindWord ? ['insideWord', 'afterWord'] : ['atToken'];
  return Math.min(...places.map((place) => uncalibrated(probability, place, extent)));
};
