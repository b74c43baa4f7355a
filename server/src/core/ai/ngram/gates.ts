type Rows = readonly (readonly [number, number, number, number])[];

/**
 * How far each kind of evidence is trusted before shorter contexts: logistic in the logarithms of how often the context was
 * seen and how many different tokens followed, one row of [bias, log seen, log different, exactly one] for each. Row
 * 2k: contexts of k tokens in the project; 2k + 1: in the open file (row 1: its tokens whatever the context). Fitted by
 * maximum likelihood on 12 % of Tandem's own sources, with the rest as the project, four times (load-tests/eval/fit-gates.ts).
 */
export const TOKEN_GATES: Rows = [
  [0, 1, -1, 0],
  [-1.48, -0.28, 0.79, 0],
  [1.91, 0.52, -2.06, -2.24],
  [-1.72, 0.57, -0.66, -0.22],
  [0.5, 0.31, -0.99, -1.21],
  [-2.75, 1.15, -1.01, -0.26],
  [-1.03, 0.37, -0.68, -0.11],
  [-2.87, 1.06, -1.11, -0.04],
  [-1.12, 0.69, -1.29, -0.09],
  [-3.15, 1.26, -1.21, -0.03],
  [-1.58, 0.68, -1.18, -0.12],
  [-1.95, 0.86, -2.18, -0.57],
  [-2.02, 0.42, -0.98, -0.05],
  [-1.13, -0.65, -4, -0.17],
  [-2.18, 0.56, -0.8, 0.24],
  [-1.22, -0.61, -3.06, -0.72],
  [-1.56, 0.95, -1.86, -0.7],
  [-1.09, 0.44, -2.09, -1.41],
  [-2.27, 0.38, -3.83, 0.02],
  [-1.27, -1.78, -1.92, -1.12],
  [-2.7, 0.79, -0.9, -0.23],
  [-1.04, 0.27, -3.01, -0.52],
  [-2.27, 0.79, -3.58, -0.19],
  [-1.67, -0.62, -1.51, -1.75],
  [-1.21, 0.83, -1.11, 0.35],
  [-1.38, 1.15, -1.65, -0.64],
];

/** Longer contexts are not told apart. */
export const MAX_ORDER = TOKEN_GATES.length / 2 - 1;

/** The same for half-typed words: seen and different count only words that begin as typed. Row 0 needs no gate. */
export const WORD_GATES: Rows = [
  [0, 1, -1, 0],
  [-0.1, 0.58, -0.57, 0.22],
  [-3.27, 0.66, -0.47, 1.51],
  [-2.08, 0.73, -0.64, 0.49],
  [-0.91, 0.58, -1.12, 0.36],
  [-0.9, 0.94, -2.2, -0.32],
  [-1.95, 1.17, -1.39, 0.25],
  [-1.6, 1.35, -2.83, -0.81],
  [-1.65, 0.47, -2.9, 0.48],
  [-0.62, -1.86, -3, 0.08],
  [-1.87, 0.86, -1.32, 0.24],
  [-0.8, 0.72, -2.89, -0.62],
  [-1.82, 0.52, -4.54, -0.12],
  [-1.73, 0.35, -2.49, -1.35],
  [-2.21, 0.61, -3.72, -0.85],
  [-0.43, -0.04, -1.32, -0.64],
  [-2.37, 0.42, -3.58, -0.84],
  [-1.34, -0.89, -1.55, -1.35],
  [-2.66, 0.81, -0.3, -1.28],
  [-2.16, -1.02, -2.3, -1.9],
  [-0.59, 0.28, -2.47, -0.12],
  [-1.44, -0.67, -1.63, -1.47],
  [-0.71, 0.73, -1.04, 0.4],
  [-0.99, 1.15, -2.44, -0.29],
  [0, 1, -1, 0],
  [0, 1, -1, 0],
];

/** Between 0 and 1: the share of the probability that this context decides. */
export const gate = (rows: Rows, row: number, seen: number, different: number): number => {
  const [bias, bySeen, byDifferent, ifOne] = rows[row]!;
  const score = bias + bySeen * Math.log(seen) + byDifferent * Math.log(different) + (different === 1 ? ifOne : 0);
  return 1 / (1 + Math.exp(-score));
};
