// Fits server/src/core/ai/ngram/gates.ts on Tandem's own sources: node load-tests/eval/fit-gates.ts
// Prints the rows to paste there; then fit-calibration.ts. Each fold holds out 12 % of the files and takes the rest as the project.
import { seededRandom } from '../../protocol/dist/testing/seeded-random.js';
import { MAX_ORDER } from '../../server/dist/core/ai/ngram/gates.js';
import { LocalText } from '../../server/dist/core/ai/ngram/local-text.js';
import { Predictor } from '../../server/dist/core/ai/ngram/predictor.js';
import { ProjectIndex } from '../../server/dist/core/ai/ngram/project-index.js';
import { tokenize } from '../../server/dist/core/ai/ngram/tokenizer.js';
import { Vocabulary } from '../../server/dist/core/ai/ngram/vocabulary.js';
import { readOwnSources } from './own-sources.ts';

const ROWS = 2 * MAX_ORDER + 2;
const FOLDS = 4;
const EXAMPLES = 10_000;
const EPOCHS = 12;
const BATCH = 64;
/** Of a token that nothing suggested. */
const UNSEEN = 1e-7;

/** Row by row: seen, different, seen of the token that came. */
type Example = Float64Array;

const sources = readOwnSources();

const collect = (fold: number): Example[] => {
  const random = seededRandom(100 + fold);
  const vocabulary = new Vocabulary();
  const project = new ProjectIndex(vocabulary, MAX_ORDER, 2_000_000);
  const [above, below] = [new LocalText(vocabulary), new LocalText(vocabulary)];
  const predictor = new Predictor(project.store, project.index, above, below, MAX_ORDER);
  const held = sources.filter((text, index) => {
    const isHeld = random.chance(0.12);
    if (!isHeld) project.set(`${index}`, text);
    return isHeld;
  });
  predictor.weights = project.weights(() => 1);
  const positions = held.reduce((sum, text) => sum + tokenize(text).length, 0);
  const examples: Example[] = [];
  const whole = new LocalText(vocabulary);
  for (const text of held) {
    whole.update(text);
    let at = 0;
    let offset = 0;
    for (const token of tokenize(text)) {
      if (at > 0 && random.chance(EXAMPLES / positions)) {
        above.update(text.slice(0, offset));
        const context = new Int32Array(MAX_ORDER).fill(-1);
        const before = above.symbols.subarray(Math.max(0, above.size - MAX_ORDER), above.size);
        context.set(before, MAX_ORDER - before.length);
        predictor.predict(context);
        const rows = predictor.evidenceFor(whole.symbols[at]!);
        examples.push(Float64Array.from(rows.flatMap(({ seen, different, ofSymbol }) => [seen, different, ofSymbol])));
      }
      offset += token.length;
      at++;
    }
  }
  return examples;
};

/** Adam on the log-likelihood of P = gate * share + (1 - gate) * P of the shorter contexts. */
const fit = (examples: readonly Example[]): Float64Array => {
  const weights = Float64Array.from({ length: ROWS * 4 }, (_, i) => [0, 1, -1, 0][i % 4]!);
  const mean = new Float64Array(weights.length);
  const square = new Float64Array(weights.length);
  let step = 0;
  for (let epoch = 0; epoch < EPOCHS; epoch++) {
    let bits = 0;
    for (let from = 0; from < examples.length; from += BATCH) {
      const gradient = new Float64Array(weights.length);
      const batch = examples.slice(from, from + BATCH);
      for (const example of batch) bits += ascend(weights, gradient, example);
      step++;
      for (let i = 0; i < weights.length; i++) {
        const slope = gradient[i]! / batch.length;
        mean[i] = 0.9 * mean[i]! + 0.1 * slope;
        square[i] = 0.999 * square[i]! + 0.001 * slope * slope;
        const size = Math.sqrt(square[i]! / (1 - 0.999 ** step)) + 1e-8;
        weights[i]! += (0.03 * 0.8 ** epoch * (mean[i]! / (1 - 0.9 ** step))) / size;
      }
    }
    console.error(`epoch ${epoch}: ${(bits / examples.length).toFixed(4)} bits a token`);
  }
  return weights;
};

/** Adds the example's gradient; returns the bits that its token costs. */
const ascend = (weights: Float64Array, gradient: Float64Array, example: Example): number => {
  const steps: { row: number; gate: number; share: number; shorter: number; features: number[] }[] = [];
  let probability = UNSEEN;
  for (let row = 1; row < ROWS; row++) {
    const [seen, different, ofSymbol] = example.subarray(row * 3, row * 3 + 3) as unknown as [number, number, number];
    if (seen === 0) continue;
    const features = [1, Math.log(seen), Math.log(different), different === 1 ? 1 : 0];
    const score = features.reduce((sum, feature, i) => sum + feature * weights[row * 4 + i]!, 0);
    const gate = 1 / (1 + Math.exp(-score));
    steps.push({ row, gate, share: ofSymbol / seen, shorter: probability, features });
    probability = (1 - gate) * probability + gate * (ofSymbol / seen);
  }
  let factor = 1 / probability;
  for (const { row, gate, share, shorter, features } of steps.reverse()) {
    const slope = Math.max(-5, Math.min(5, (share - shorter) * factor * gate * (1 - gate)));
    features.forEach((feature, i) => {
      gradient[row * 4 + i]! += slope * feature;
    });
    factor *= 1 - gate;
  }
  return -Math.log2(probability);
};

const random = seededRandom(1);
const examples = Array.from({ length: FOLDS }, (_, fold) => collect(fold)).flat();
for (let i = examples.length - 1; i > 0; i--) {
  const j = random.integer(i + 1);
  [examples[i], examples[j]] = [examples[j]!, examples[i]!];
}
console.error(`${examples.length} examples`);
const weights = fit(examples);
for (let row = 0; row < ROWS; row++) {
  console.log(
    `  [${Array.from(weights.subarray(row * 4, row * 4 + 4), (weight) => Number(weight.toFixed(2))).join(', ')}],`,
  );
}
