// Fits server/src/core/ai/ngram/calibration.ts on Tandem's own sources, after the gates: node load-tests/eval/fit-calibration.ts
// Prints slopes, intercepts, and how often lines of each tenth of probability were right.
import { seededRandom } from '../../protocol/dist/testing/seeded-random.js';
import { uncalibrated } from '../../server/dist/core/ai/ngram/calibration.js';
import { NgramModel } from '../../server/dist/core/ai/ngram/ngram-model.js';
import { isWordLike, tokenize } from '../../server/dist/core/ai/ngram/tokenizer.js';
import { readOwnSources } from './own-sources.ts';

const FOLDS = 4;
const LINES = 1500;
const STEPS = 2000;

interface Line {
  readonly probability: number;
  readonly exact: boolean;
}

const sources = readOwnSources();

/** Carets at the start of tokens, or behind any character of a word: then the lines that go on with the word. */
const collect = (fold: number, insideWord: boolean): Line[] => {
  const random = seededRandom(200 + fold);
  const model = new NgramModel({ threshold: 0, alternativeThreshold: 0 });
  const held = sources.filter((text, index) => {
    const isHeld = random.chance(0.12);
    if (!isHeld) model.setDocument(`${index}`, `${index}.ts`, text);
    return isHeld;
  });
  const carets = held.map((text) => {
    if (!insideWord) return tokenStarts(text);
    return Array.from(text, (_, at) => at).filter((at) => at > 0 && isWordLike(text, at - 1));
  });
  const positions = carets.reduce((sum, { length }) => sum + length, 0);
  const lines: Line[] = [];
  held.forEach((text, index) => {
    for (const at of carets[index]!) {
      const meant = random.chance(LINES / positions) ? /^.*/.exec(text.slice(at))![0].trimEnd() : '';
      if (meant === '') continue;
      const caret = { documentId: 'held', path: 'held.ts', prefix: text.slice(0, at), suffix: '' };
      const [best] = model.complete({ ...caret, alternatives: 1, maxTokens: 48 });
      if (!best) continue;
      const continues = at > 0 && isWordLike(text, at - 1) && isWordLike(best.text, 0);
      if (continues !== insideWord) continue;
      lines.push({ probability: uncalibrated(best.probability, continues), exact: best.text === meant });
    }
  });
  return lines;
};

const tokenStarts = (text: string): number[] => {
  let at = 0;
  return tokenize(text).map((token) => {
    at += token.length;
    return at - token.length;
  });
};

const fit = (what: string, lines: readonly Line[]): void => {
  let [slope, intercept] = [1, 0];
  const logit = (p: number) => Math.log(p / (1 - p));
  const points = lines
    .filter(({ probability }) => probability > 1e-6 && probability < 1 - 1e-6)
    .map(({ probability, exact }) => ({ x: logit(probability), y: exact ? 1 : 0 }));
  const calibrated = (x: number) => 1 / (1 + Math.exp(-(slope * x + intercept)));
  for (let step = 0; step < STEPS; step++) {
    const errors = points.map(({ x, y }) => ({ x, error: y - calibrated(x) }));
    slope += (0.3 * errors.reduce((sum, { x, error }) => sum + x * error, 0)) / points.length / 4;
    intercept += (0.3 * errors.reduce((sum, { error }) => sum + error, 0)) / points.length;
  }
  console.log(`${what}: slope ${slope.toFixed(2)}, intercept ${intercept.toFixed(2)} on ${points.length} lines`);
  for (let tenth = 0; tenth < 10; tenth++) {
    const within = points.filter(({ x }) => Math.floor(calibrated(x) * 10) === tenth);
    const right = within.filter(({ y }) => y === 1).length / within.length;
    console.log(`  ${tenth / 10} to ${(tenth + 1) / 10}: ${right.toFixed(2)} of ${within.length}`);
  }
};

const folds = Array.from({ length: FOLDS }, (_, fold) => fold);
fit(
  'at a token',
  folds.flatMap((fold) => collect(fold, false)),
);
fit(
  'inside a word',
  folds.flatMap((fold) => collect(fold, true)),
);
