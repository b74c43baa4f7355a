/**
 * A line's probability, as the product of its tokens', comes out too low: when one token of a line is as expected, the others
 * are more likely to be. The more so when the line goes on with a half-typed word that is known. Slope and intercept of
 * logistic fits on Tandem's own held-out sources (load-tests/eval/fit-calibration.ts).
 */
const AT_TOKEN = { slope: 1.09, intercept: 0.33 };
const INSIDE_WORD = { slope: 1.13, intercept: 2.39 };

const logistic = (logit: number) => 1 / (1 + Math.exp(-logit));
const logitOf = (probability: number) => Math.log(probability / (1 - probability));
const isCertain = (probability: number) => probability <= 0 || probability >= 1;

/** How often a line that was found with `probability` is the one that is meant. Keeps order among lines of a kind. */
export const calibrated = (probability: number, insideWord: boolean): number => {
  const { slope, intercept } = insideWord ? INSIDE_WORD : AT_TOKEN;
  return isCertain(probability) ? probability : logistic(slope * logitOf(probability) + intercept);
};

/** The other way round. */
export const uncalibrated = (probability: number, insideWord: boolean): number => {
  const { slope, intercept } = insideWord ? INSIDE_WORD : AT_TOKEN;
  return isCertain(probability) ? probability : logistic((logitOf(probability) - intercept) / slope);
};
