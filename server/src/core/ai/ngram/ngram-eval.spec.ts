import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { seededRandom } from '@tandem/protocol/testing';
import { NgramModel } from './ngram-model.js';
import { tokenize } from './tokenizer.js';

// The short form of `npm run eval:completion` (load-tests/README.md), on Tandem's own sources: the server's, of which 12 % are
// held out. The open file is known above the caret only. The thresholds lie two to four points below what was measured.
const SOURCES = join(import.meta.dirname, '../../..');
const NEXT_TOKENS = 1200;
const LINES = 1500;
const NAMES = 500;
/** Names that are worth completing, and how much is typed of them. */
const NAME = /^[A-Za-z_$][\w$]{4,}$/;
const TYPED_LENGTH = 3;

const files = readdirSync(SOURCES, { recursive: true, encoding: 'utf8' })
  .filter((path) => /\.ts$/.test(path) && !path.includes('ngram') && !/\.spec\./.test(path))
  .sort()
  .map((path) => ({ path, text: readFileSync(join(SOURCES, path), 'utf8') }));

const evaluate = () => {
  const random = seededRandom(7);
  const model = new NgramModel({ threshold: 0, alternativeThreshold: 0 });
  const held = files.filter(({ path, text }) => {
    const isHeld = random.chance(0.12);
    if (!isHeld) model.setDocument(path, path, text);
    return isHeld;
  });
  const tokens = held.map(({ text }) => tokenize(text));
  const positions = tokens.reduce((sum, { length }) => sum + length, 0);
  const ranks: number[] = [];
  const lines: { probability: number; exact: boolean }[] = [];
  const names = tokens.flat().filter((token) => NAME.test(token)).length;
  const halfTyped: { word: boolean; probability: number; right: boolean | undefined }[] = [];
  held.forEach(({ path, text }, index) => {
    let offset = 0;
    for (const token of tokens[index]!) {
      const caret = { documentId: path, path, prefix: text.slice(0, offset), suffix: '' };
      if (random.chance(NEXT_TOKENS / positions)) ranks.push(model.nextTokens(caret, 5).indexOf(token));
      const meant = random.chance(LINES / positions) ? /^.*/.exec(text.slice(offset))![0].trimEnd() : '';
      if (meant !== '') {
        const [best] = model.complete({ ...caret, alternatives: 1, maxTokens: 48 });
        lines.push({ probability: best?.probability ?? 0, exact: best?.text === meant });
      }
      if (NAME.test(token) && random.chance(NAMES / names)) {
        const typed = { ...caret, prefix: caret.prefix + token.slice(0, TYPED_LENGTH) };
        const [shown] = model.complete({ ...typed, alternatives: 1, maxTokens: 48, threshold: 0.5 });
        const right = shown && text.startsWith(shown.text, offset + TYPED_LENGTH);
        halfTyped.push({ word: model.wordsAt(typed, 1)[0] === token, probability: shown?.probability ?? 0, right });
      }
      offset += token.length;
    }
  });
  return { model, ranks, lines, halfTyped };
};

const share = <T>(of: readonly T[], test: (one: T) => boolean) => of.filter(test).length / of.length;

describe('tandem-ngram on sources that it has not seen', () => {
  const { model, ranks, lines, halfTyped } = evaluate();
  const shown = lines.filter(({ probability }) => probability >= 0.5);

  it('predicts the next token', () => {
    expect(ranks.length).toBeGreaterThan(NEXT_TOKENS * 0.8);
    expect(share(ranks, (rank) => rank === 0)).toBeGreaterThan(0.6);
    expect(share(ranks, (rank) => rank >= 0)).toBeGreaterThan(0.78);
  });

  it('completes lines exactly', () => {
    expect(share(lines, ({ exact }) => exact)).toBeGreaterThan(0.12);
  });

  it('is right when it says that it is', () => {
    expect(shown.length / lines.length).toBeGreaterThan(0.06);
    const promised = shown.reduce((sum, { probability }) => sum + probability, 0) / shown.length;
    expect(share(shown, ({ exact }) => exact)).toBeGreaterThan(promised - 0.1);
  });

  it('completes names of which three characters are typed', () => {
    expect(share(halfTyped, ({ word }) => word)).toBeGreaterThan(0.76);
    const offered = halfTyped.filter(({ probability }) => probability > 0);
    expect(offered.length / halfTyped.length).toBeGreaterThan(0.82);
    const promised = offered.reduce((sum, { probability }) => sum + probability, 0) / offered.length;
    expect(share(offered, ({ right }) => right === true)).toBeGreaterThan(promised - 0.06);
  });

  it('takes 30 bytes a token', () => {
    expect(model.stats.bytes / model.stats.tokens).toBeLessThan(30);
  });
});
