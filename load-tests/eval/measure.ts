// One model on one corpus, in a process of its own so that neither memory nor compiled code of another disturbs it:
//   node --expose-gc measure.ts embedded|baseline PACKAGE      prints a Measurement as JSON
import { seededRandom } from '../../protocol/dist/testing/seeded-random.js';
import { tokenize } from '../../server/dist/core/ai/ngram/tokenizer.js';
import { CORPORA, readCorpus, type SourceFile } from './corpora.ts';
import { Embedded } from './embedded.ts';
import { MapBaseline } from './map-baseline.ts';
import type { Subject } from './subject.ts';

/** About so many positions in all held-out files are measured; the same ones for both models. */
const NEXT_TOKENS = 6000;
const LINES = 1000;
const HALF_TYPED = 600;
const RANKED = 50;
const MAX_TOKENS = 48;
const SHOWN_FROM = 0.5;
/** Names that are worth completing, and what is typed of them. */
const NAME = /^[A-Za-z_$][\w$]{4,}$/;
const TYPED_LENGTH = 3;

/** A rest of line that was to be completed. */
export interface LineResult {
  readonly probability: number;
  readonly exact: boolean;
  readonly milliseconds: number;
}

/** After the first characters of a name. */
export interface HalfTypedResult {
  readonly word: boolean;
  readonly lineExact: boolean;
  /** 0: nothing would be shown. */
  readonly probability: number;
  /** What would be shown is the rest of the line, or the beginning of it. */
  readonly shownRight: boolean;
  readonly shownLength: number;
  readonly milliseconds: number;
}

export interface Measurement {
  readonly trainMilliseconds: number;
  readonly memoryBytes: number;
  /** Share of positions where the first, one of the first five, was right; mean reciprocal rank among 50. */
  readonly top1: number;
  readonly top5: number;
  readonly meanReciprocalRank: number;
  readonly lines: readonly LineResult[];
  readonly halfTyped: readonly HalfTypedResult[];
}

const memory = (): number => {
  const { gc } = globalThis as { gc?: () => void };
  if (!gc) throw new Error('Run with --expose-gc');
  gc();
  gc();
  const { heapUsed, external } = process.memoryUsage();
  // `external` holds the array buffers.
  return heapUsed + external;
};

const restOfLine = (tokens: readonly string[], from: number): string => {
  let end = from;
  while (end < tokens.length && !/^\r?\n$/.test(tokens[end]!)) end++;
  return tokens.slice(from, end).join('');
};

const measure = (create: () => Subject, train: readonly SourceFile[], held: readonly SourceFile[]): Measurement => {
  const before = memory();
  const subject = create();
  const start = performance.now();
  for (const { path, text } of train) subject.train(path, text);
  const trainMilliseconds = performance.now() - start;
  const memoryBytes = memory() - before;

  const files = held.map(({ path, text }) => ({ path, tokens: tokenize(text) }));
  const halfTyped: HalfTypedResult[] = [];
  const names = files.reduce((sum, { tokens }) => sum + tokens.filter((token) => NAME.test(token)).length, 0);
  const positions = files.reduce((sum, { tokens }) => sum + tokens.length, 0);
  const random = seededRandom(1);
  const others = seededRandom(2);
  const ranks: number[] = [];
  const lines: LineResult[] = [];
  for (const { path, tokens } of files) {
    subject.open(path);
    tokens.forEach((token, at) => {
      if (random.next() < NEXT_TOKENS / positions) ranks.push(subject.nextTokens(RANKED).indexOf(token));
      if (random.next() < LINES / positions) {
        const meant = restOfLine(tokens, at).trimEnd();
        if (meant !== '') lines.push(timedLine(subject, meant));
      }
      if (NAME.test(token) && others.next() < HALF_TYPED / names) halfTyped.push(halfTypedAt(subject, tokens, at));
      subject.type(token);
    });
  }
  const share = (of: (rank: number) => number) => ranks.reduce((sum, rank) => sum + of(rank), 0) / ranks.length;
  return {
    trainMilliseconds,
    memoryBytes,
    top1: share((rank) => (rank === 0 ? 1 : 0)),
    top5: share((rank) => (rank >= 0 && rank < 5 ? 1 : 0)),
    meanReciprocalRank: share((rank) => (rank < 0 ? 0 : 1 / (rank + 1))),
    lines,
    halfTyped,
  };
};

const timedLine = (subject: Subject, meant: string): LineResult => {
  const start = performance.now();
  const line = subject.completeLine(MAX_TOKENS);
  const milliseconds = performance.now() - start;
  const text = line?.text.trimEnd() ?? '';
  return { probability: text === '' ? 0 : line!.probability, exact: text === meant, milliseconds };
};

const halfTypedAt = (subject: Subject, tokens: readonly string[], at: number): HalfTypedResult => {
  const word = tokens[at]!;
  const typed = word.slice(0, TYPED_LENGTH);
  const meant = restOfLine(tokens, at).slice(TYPED_LENGTH).trimEnd();
  const start = performance.now();
  const offer = subject.offer(MAX_TOKENS, typed, SHOWN_FROM);
  const milliseconds = performance.now() - start;
  const shown = offer?.text.trimEnd() ?? '';
  return {
    word: subject.completeWord(typed) === word,
    lineExact: subject.completeLine(MAX_TOKENS, typed)?.text.trimEnd() === meant,
    probability: shown === '' ? 0 : offer!.probability,
    shownRight: meant.startsWith(shown),
    shownLength: shown.length,
    milliseconds,
  };
};

const [, , which, name] = process.argv;
const corpus = CORPORA.find((candidate) => candidate.package === name);
if (!corpus || (which !== 'embedded' && which !== 'baseline')) throw new Error('embedded|baseline PACKAGE');
const { train, held } = readCorpus(corpus);
console.log(JSON.stringify(measure(() => (which === 'embedded' ? new Embedded() : new MapBaseline()), train, held)));
