/**
 * A line's probability, as the product of its tokens', comes out too low: when one token of a line is as expected, the others
 * are more likely to be. Slope and intercept of a logistic fit on Tandem's own held-out sources
 * (load-tests/eval/fit-calibration.ts).
 */
const SLOPE = 1.09;
const INTERCEPT = 0.39;

/** How often a line that was found with `probability` is the one that is meant. Keeps order. */
export const calibrated = (probability: number): number => {
  if (probability <= 0 || probability >= 1) return probability;
  const logit = SLOPE * Math.log(probability / (1 - probability)) + INTERCEPT;
  return 1 / (1 + Math.exp(-logit));
};

/** The other way round. */
export const uncalibrated = (probability: number): number => {
  if (probability <= 0 || probability >= 1) return probability;
  const logit = (Math.log(probability / (1 - probability)) - INTERCEPT) / SLOPE;
  return 1 / (1 + Math.exp(-logit));
};
