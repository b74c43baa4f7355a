// Fits server/src/core/ai/ngram/gates.ts on Tandem's own sources: node load-tests/eval/fit-gates.ts [tokens|words]
// Prints the rows to paste there; then fit-calibration.ts. Each fold holds out 12 % of the files and takes the rest as the project.
import { seededRandom } from '../../protocol/dist/testing/seeded-random.js';
import { MAX_ORDER } from '../../server/dist/core/ai/ngram/gates.js';
import { LocalText } from '../../server/dist/core/ai/ngram/local-text.js';
import { Predictor } from '../../server/dist/core/ai/ngram/predictor.js';
import { ProjectIndex } from '../../server/dist/core/ai/ngram/project-index.js';
import { isWordLike, tokenize } from '../../server/dist/core/ai/ngram/tokenizer.js';
import { Vocabulary } from '../../server/dist/core/ai/ngram/vocabulary.js';
import { WordPredictor } from '../../server/dist/core/ai/ngram/word-predictor.js';
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

/** Where tokens start; or where a word is typed in part or whole, any number of characters of it. */
const collect = (fold: number, insideWords: boolean): Example[] => {
  const random = seededRandom(100 + fold);
  const vocabulary = new Vocabulary();
  const project = new ProjectIndex(vocabulary, MAX_ORDER, 2_000_000);
  const [above, below] = [new LocalText(vocabulary), new LocalText(vocabulary)];
  const predictor = new Predictor(project.store, project.index, above, below, MAX_ORDER);
  const words = new WordPredictor(vocabulary, project, above, below, predictor, MAX_ORDER);
  const held = sources.filter((text, index) => {
    const isHeld = random.chance(0.12);
    if (!isHeld) project.set(`${index}`, text);
    return isHeld;
  });
  predictor.weights = project.weights(() => 1);
  const isMeant = (token: string) => !insideWords || isWordLike(token, 0);
  const positions = held.reduce((sum, text) => sum + tokenize(text).filter(isMeant).length, 0);
  const examples: Example[] = [];
  const whole = new LocalText(vocabulary);
  for (const text of held) {
    whole.update(text);
    let at = 0;
    let offset = 0;
    for (const token of tokenize(text)) {
      if (at > 0 && isMeant(token) && random.chance(EXAMPLES / positions)) {
        const typed = insideWords ? token.slice(0, 1 + random.integer(token.length)) : '';
        above.update(text.slice(0, offset) + typed);
        const context = new Int32Array(MAX_ORDER).fill(-1);
        const before = whole.symbols.subarray(Math.max(0, at - MAX_ORDER), at);
        context.set(before, MAX_ORDER - before.length);
        const symbol = whole.symbols[at]!;
        if (!insideWords) predictor.predict(context);
        const rows = insideWords ? words.evidenceFor(context, typed, symbol) : predictor.evidenceFor(symbol);
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
  // Row 0, where there is one, is what the others are blended with.
  let probability = example[0]! > 0 ? Math.max(UNSEEN, example[2]! / example[0]!) : UNSEEN;
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

const fitRows = (name: string, insideWords: boolean): void => {
  const random = seededRandom(1);
  const examples = Array.from({ length: FOLDS }, (_, fold) => collect(fold, insideWords)).flat();
  for (let i = examples.length - 1; i > 0; i--) {
    const j = random.integer(i + 1);
    [examples[i], examples[j]] = [examples[j]!, examples[i]!];
  }
  console.error(`${name}: ${examples.length} examples`);
  const weights = fit(examples);
  console.log(`${name}:`);
  for (let row = 0; row < ROWS; row++) {
    const rounded = Array.from(weights.subarray(row * 4, row * 4 + 4), (weight) => Number(weight.toFixed(2)));
    console.log(`  [${rounded.join(', ')}],`);
  }
};

if (process.argv[2] !== 'words') fitRows('TOKEN_GATES', false);
if (process.argv[2] !== 'tokens') fitRows('WORD_GATES', true);
