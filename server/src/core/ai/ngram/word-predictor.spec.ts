import { describe, expect, it } from '@jest/globals';
import { type SeededRandom, withSeeds } from '@tandem/protocol/testing';
import { LocalText } from './local-text.js';
import { Predictor } from './predictor.js';
import { ProjectIndex } from './project-index.js';
import { tokenize } from './tokenizer.js';
import { Vocabulary } from './vocabulary.js';
import { WordPredictor } from './word-predictor.js';

const ORDER = 4;
const PIECES = ['start', 'stop', 'stay', 'st', 'other', '(', ')', '.', ' '];

const build = (texts: readonly string[], above: string) => {
  const vocabulary = new Vocabulary();
  const project = new ProjectIndex(vocabulary, ORDER, 10_000);
  const [before, after] = [new LocalText(vocabulary), new LocalText(vocabulary)];
  const predictor = new Predictor(project.store, project.index, before, after, ORDER);
  const words = new WordPredictor(vocabulary, project, before, after, predictor, ORDER);
  for (const [index, text] of texts.entries()) project.set(`${index}`, text);
  predictor.weights = project.weights(() => 1);
  before.update(above);
  const context = new Int32Array(ORDER).fill(-1);
  const tokens = before.symbols.subarray(Math.max(0, before.size - 1 - ORDER), before.size - 1);
  context.set(tokens, ORDER - tokens.length);
  return { vocabulary, words, context };
};

const randomText = (random: SeededRandom) =>
  `${Array.from({ length: 5 + random.integer(40) }, () => random.pick(PIECES)).join(' ')}\n`;

/** How often `word` follows the last `length` of `context`. */
const occurrences = (texts: readonly string[], context: readonly string[], length: number, word: string) => {
  const last = context.slice(context.length - length);
  return texts
    .map(tokenize)
    .flatMap((tokens) =>
      tokens.map((token, at) => token === word && last.every((t, i) => t === tokens[at - length + i])),
    )
    .filter((is) => is).length;
};

describe('WordPredictor', () => {
  it('counts exactly how often each word follows each length of the context', async () => {
    await withSeeds(30, async (random) => {
      const texts = Array.from({ length: 1 + random.integer(4) }, () => randomText(random));
      const before = randomText(random).trimEnd();
      const { vocabulary, words, context } = build(texts, `${before} st`);
      const tokens = tokenize(`${before} `);
      for (const word of ['start', 'stop', 'stay', 'st']) {
        const known = texts.some((text) => tokenize(text).includes(word));
        if (!known) continue;
        const evidence = words.evidenceFor(context, 'st', vocabulary.retain(word));
        for (let length = 0; length < ORDER; length++)
          expect(evidence[2 * length]!.ofSymbol).toBe(occurrences(texts, tokens, length, word));
      }
    });
  });

  it('shares the probability among the words that begin so, and one that was never seen', async () => {
    await withSeeds(30, async (random) => {
      const { vocabulary, words, context } = build([randomText(random)], `${randomText(random)}other(st`);
      const { words: found, unseen } = words.predict(context, 'st');
      for (const { symbol } of found) expect(vocabulary.text(symbol)).toMatch(/^st/);
      expect(unseen).toBeGreaterThanOrEqual(0);
      expect(found.reduce((sum, { probability }) => sum + probability, unseen)).toBeCloseTo(1, 9);
    });
  });

  it('knows of nothing that begins so', () => {
    const { words, context } = build(['start(stop)\n'], 'other(xy');
    const { words: found, unseen } = words.predict(context, 'xy');
    expect(unseen).toBe(1);
    expect(found.map(({ probability }) => probability)).toEqual([0]);
  });
});
