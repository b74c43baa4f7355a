// npm run eval:completion: the embedded model beside a plain 6-gram with Maps, on code that neither has seen.
//   --check           exits with 1 unless the embedded model is better on every figure of every corpus
//   --only=PACKAGE    one corpus
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { tokenize } from '../../server/dist/core/ai/ngram/tokenizer.js';
import { CORPORA, readCorpus, type SourceFile, versionOf } from './corpora.ts';
import { HALF_TYPED_HEADER, type HalfTypedFigures, halfTypedFigures, halfTypedRow } from './half-typed.ts';
import { installCorpora } from './install-corpora.ts';
import type { LineResult, Measurement } from './measure.ts';

const SHOWN_FROM = 0.5;

interface Figures extends HalfTypedFigures {
  readonly top1: number;
  readonly top5: number;
  readonly meanReciprocalRank: number;
  readonly lineExact: number;
  readonly coverage: number;
  readonly exactWhenShown: number;
  /** When as many lines are shown, the most probable ones, as the baseline shows. */
  readonly exactAtCoverage: number;
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
  readonly trainMilliseconds: number;
  readonly megabytes: number;
}

const measure = (which: 'embedded' | 'baseline', name: string): Measurement => {
  const { status, stdout } = spawnSync(
    process.execPath,
    ['--expose-gc', '--max-old-space-size=4096', join(import.meta.dirname, 'measure.ts'), which, name],
    { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'], maxBuffer: 2 ** 26, timeout: 900_000 },
  );
  if (status !== 0) throw new Error(`${which} on ${name} ended with ${status}`);
  return JSON.parse(stdout);
};

const exactShare = (lines: readonly LineResult[]) => lines.filter(({ exact }) => exact).length / lines.length;

const figures = (measured: Measurement, coverageOf: Measurement): Figures => {
  const { lines } = measured;
  const isShown = ({ probability }: LineResult) => probability >= SHOWN_FROM;
  const shown = lines.filter(isShown);
  const likeliest = [...lines].sort((a, b) => b.probability - a.probability);
  const times = lines.map(({ milliseconds }) => milliseconds).sort((a, b) => a - b);
  const quantile = (q: number) => times[Math.min(times.length - 1, Math.floor(q * times.length))]!;
  return {
    top1: measured.top1,
    top5: measured.top5,
    meanReciprocalRank: measured.meanReciprocalRank,
    lineExact: exactShare(lines),
    coverage: shown.length / lines.length,
    exactWhenShown: exactShare(shown),
    exactAtCoverage: exactShare(likeliest.slice(0, coverageOf.lines.filter(isShown).length)),
    p50: quantile(0.5),
    p95: quantile(0.95),
    p99: quantile(0.99),
    trainMilliseconds: measured.trainMilliseconds,
    ...halfTypedFigures(measured.halfTyped, coverageOf.halfTyped),
    megabytes: measured.memoryBytes / 2 ** 20,
  };
};

/** Where the embedded model is not better. */
const faults = (name: string, embedded: Figures, baseline: Figures): string[] => {
  const least = ['top1', 'top5', 'meanReciprocalRank', 'lineExact', 'exactWhenShown', 'exactAtCoverage'] as const;
  const halfTyped = ['word', 'halfTypedLine', 'shownRight', 'rightAtCoverage', 'charactersRight'] as const;
  const most = ['p95', 'halfTypedP95', 'megabytes'] as const;
  const fault = (key: keyof Figures) =>
    `${name}: ${key} ${embedded[key].toFixed(3)}, baseline ${baseline[key].toFixed(3)}`;
  return [
    ...[...least, ...halfTyped].filter((key) => !(embedded[key] > baseline[key])).map(fault),
    ...most.filter((key) => !(embedded[key] < baseline[key])).map(fault),
  ];
};

const HEADER = [
  'corpus',
  'model',
  'next token top-1 / top-5 / MRR',
  'line exact',
  'p >= 0.5: shown, exact',
  "exact at the baseline's coverage",
  'line p50 / p95 / p99 ms',
  'training ms',
  'memory MB',
];

const row = (corpus: string, model: string, f: Figures): string[] => {
  const percent = (share: number) => (100 * share).toFixed(1);
  return [
    corpus,
    model,
    `${percent(f.top1)} / ${percent(f.top5)} / ${f.meanReciprocalRank.toFixed(3)}`,
    percent(f.lineExact),
    `${percent(f.coverage)}, ${percent(f.exactWhenShown)}`,
    percent(f.exactAtCoverage),
    [f.p50, f.p95, f.p99].map((ms) => ms.toFixed(2)).join(' / '),
    f.trainMilliseconds.toFixed(0),
    f.megabytes.toFixed(1),
  ];
};

const tokensOf = (files: readonly SourceFile[]) => files.reduce((sum, { text }) => sum + tokenize(text).length, 0);

installCorpora();
const only = process.argv.find((argument) => argument.startsWith('--only='))?.slice('--only='.length);
const missed: string[] = [];
const halfTyped: string[][] = [];
const print = (cells: readonly string[]) => console.log(`| ${cells.join(' | ')} |`);
print(HEADER);
print(HEADER.map((_, index) => (index < 2 ? '---' : '---:')));
for (const corpus of CORPORA.filter(({ package: name }) => only === undefined || name === only)) {
  const { train, held } = readCorpus(corpus);
  const name = `${corpus.package}@${versionOf(corpus)}`;
  const measured = { baseline: measure('baseline', corpus.package), embedded: measure('embedded', corpus.package) };
  const baseline = figures(measured.baseline, measured.baseline);
  const embedded = figures(measured.embedded, measured.baseline);
  const size = `${corpus.language}, ${train.length} + ${held.length} files, ${tokensOf(train)} + ${tokensOf(held)} tokens`;
  print(row(`${name}: ${size}`, '6-gram, Maps', baseline));
  print(row('', 'tandem-ngram', embedded));
  halfTyped.push(halfTypedRow(corpus.package, '6-gram, Maps', baseline), halfTypedRow('', 'tandem-ngram', embedded));
  missed.push(...faults(name, embedded, baseline));
}
console.log('\nNames of at least 5 characters, 3 of them typed:\n');
print(HALF_TYPED_HEADER);
print(HALF_TYPED_HEADER.map((_, index) => (index < 2 ? '---' : '---:')));
halfTyped.forEach(print);
for (const fault of missed) console.error(`NOT BETTER  ${fault}`);
if (process.argv.includes('--check') && missed.length > 0) process.exitCode = 1;
