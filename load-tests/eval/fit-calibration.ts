// Fits server/src/core/ai/ngram/calibration.ts on Tandem's own sources, after the gates: node load-tests/eval/fit-calibration.ts
// Prints slopes, intercepts, and how often what was promised with each tenth of probability was right.
import { seededRandom } from '../../protocol/dist/testing/seeded-random.js';
import { type Extent, type Place, placeOf, uncalibrated } from '../../server/dist/core/ai/ngram/calibration.js';
import { NgramModel } from '../../server/dist/core/ai/ngram/ngram-model.js';
import { isWordLike, tokenize } from '../../server/dist/core/ai/ngram/tokenizer.js';
import { readOwnSources } from './own-sources.ts';

const FOLDS = 4;
const LINES = 3000;
const STEPS = 2000;

/** A beginning of a line is right if the line that was meant begins so. */
interface Guess {
  readonly place: Place;
  readonly extent: Extent;
  readonly probability: number;
  readonly right: boolean;
}

const sources = readOwnSources();

/** Carets behind any character of a word, or at the start of the tokens that follow none. */
const collect = (fold: number, isBehindWord: boolean): Guess[] => {
  const random = seededRandom(200 + fold);
  const model = new NgramModel({ threshold: 0, alternativeThreshold: 0 });
  const held = sources.filter((text, index) => {
    const isHeld = random.chance(0.12);
    if (!isHeld) model.setDocument(`${index}`, `${index}.ts`, text);
    return isHeld;
  });
  const carets = held.map((text) => {
    const all = isBehindWord ? Array.from({ length: text.length }, (_, at) => at) : tokenStarts(text);
    return all.filter((at) => at > 0 && isWordLike(text, at - 1) === isBehindWord);
  });
  const positions = carets.reduce((sum, { length }) => sum + length, 0);
  const guesses: Guess[] = [];
  held.forEach((text, index) => {
    for (const at of carets[index]!) {
      const meant = random.chance(LINES / positions) ? /^.*/.exec(text.slice(at))![0].trimEnd() : '';
      if (meant === '') continue;
      const caret = { documentId: 'held', path: 'held.ts', prefix: text.slice(0, at), suffix: '' };
      // With a threshold that no line reaches there are beginnings of lines, at any probability.
      for (const threshold of [0, 0.05 + 0.9 * random.next()]) {
        const [best] = model.complete({ ...caret, alternatives: 1, maxTokens: 48, threshold });
        if (!best || (threshold > 0 && best.isWholeLine)) continue;
        const place = placeOf(isBehindWord, best.text);
        const extent = best.isWholeLine ? 'line' : 'beginning';
        const right = best.isWholeLine ? best.text === meant : meant.startsWith(best.text);
        guesses.push({ place, extent, probability: uncalibrated(best.probability, place, extent), right });
      }
    }
  });
  return guesses;
};

const tokenStarts = (text: string): number[] => {
  let at = 0;
  return tokenize(text).map((token) => {
    at += token.length;
    return at - token.length;
  });
};

const fit = (what: string, guesses: readonly Guess[]): void => {
  let [slope, intercept] = [1, 0];
  const logit = (p: number) => Math.log(p / (1 - p));
  const points = guesses
    .filter(({ probability }) => probability > 1e-6 && probability < 1 - 1e-6)
    .map(({ probability, right }) => ({ x: logit(probability), y: right ? 1 : 0 }));
  const calibrated = (x: number) => 1 / (1 + Math.exp(-(slope * x + intercept)));
  for (let step = 0; step < STEPS; step++) {
    const errors = points.map(({ x, y }) => ({ x, error: y - calibrated(x) }));
    slope += (0.3 * errors.reduce((sum, { x, error }) => sum + x * error, 0)) / points.length / 4;
    intercept += (0.3 * errors.reduce((sum, { error }) => sum + error, 0)) / points.length;
  }
  console.log(`${what}: slope ${slope.toFixed(2)}, intercept ${intercept.toFixed(2)} on ${points.length}`);
  for (let tenth = 0; tenth < 10; tenth++) {
    const within = points.filter(({ x }) => Math.floor(calibrated(x) * 10) === tenth);
    const share = within.filter(({ y }) => y === 1).length / within.length;
    console.log(`  ${tenth / 10} to ${(tenth + 1) / 10}: ${share.toFixed(2)} of ${within.length}`);
  }
};

const folds = Array.from({ length: FOLDS }, (_, fold) => fold);
const guesses = folds.flatMap((fold) => [...collect(fold, false), ...collect(fold, true)]);
for (const place of ['atToken', 'insideWord', 'afterWord'] as const) {
  for (const extent of ['line', 'beginning'] as const)
    fit(
      `${place}, ${extent}`,
      guesses.filter((guess) => guess.place === place && guess.extent === extent),
    );
}
