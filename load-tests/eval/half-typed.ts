import type { HalfTypedResult } from './measure.ts';

/** Names of which the first characters are typed. */
export interface HalfTypedFigures {
  readonly word: number;
  readonly halfTypedLine: number;
  readonly shown: number;
  readonly shownRight: number;
  /** Of as many as the baseline shows, the most probable ones. What is not shown counts as wrong. */
  readonly rightAtCoverage: number;
  /** Characters that are right, of what is shown, for each time that something could be. */
  readonly charactersRight: number;
  readonly halfTypedP50: number;
  readonly halfTypedP95: number;
}

const share = (results: readonly HalfTypedResult[], is: (result: HalfTypedResult) => boolean) =>
  results.filter(is).length / Math.max(1, results.length);

const isShown = ({ probability }: HalfTypedResult) => probability > 0;

export const halfTypedFigures = (
  results: readonly HalfTypedResult[],
  coverageOf: readonly HalfTypedResult[],
): HalfTypedFigures => {
  const likeliest = [...results].sort((a, b) => b.probability - a.probability);
  const times = results.map(({ milliseconds }) => milliseconds).sort((a, b) => a - b);
  const right = (result: HalfTypedResult) => isShown(result) && result.shownRight;
  return {
    word: share(results, ({ word }) => word),
    halfTypedLine: share(results, ({ lineExact }) => lineExact),
    shown: share(results, isShown),
    shownRight: share(results.filter(isShown), right),
    rightAtCoverage: share(likeliest.slice(0, coverageOf.filter(isShown).length), right),
    charactersRight: results.filter(right).reduce((sum, { shownLength }) => sum + shownLength, 0) / results.length,
    halfTypedP50: times[Math.floor(times.length / 2)]!,
    halfTypedP95: times[Math.floor(0.95 * times.length)]!,
  };
};

export const HALF_TYPED_HEADER = [
  'corpus',
  'model',
  'word top-1',
  'line exact',
  'p >= 0.5: shown, right',
  "right at the baseline's coverage",
  'characters right',
  'p50 / p95 ms',
];

export const halfTypedRow = (corpus: string, model: string, f: HalfTypedFigures): string[] => {
  const percent = (part: number) => (100 * part).toFixed(1);
  return [
    corpus,
    model,
    percent(f.word),
    percent(f.halfTypedLine),
    `${percent(f.shown)}, ${percent(f.shownRight)}`,
    percent(f.rightAtCoverage),
    f.charactersRight.toFixed(2),
    `${f.halfTypedP50.toFixed(2)} / ${f.halfTypedP95.toFixed(2)}`,
  ];
};
