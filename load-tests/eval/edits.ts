// What keeping the model up to date costs: node load-tests/eval/edits.ts [PACKAGE]
// In the model of a whole corpus, a document of about 2,000 tokens is typed into, replaced, taken out and put back.
import { NgramModel } from '../../server/dist/core/ai/ngram/ngram-model.js';
import { tokenize } from '../../server/dist/core/ai/ngram/tokenizer.js';
import { CORPORA, readCorpus } from './corpora.ts';

const ROUNDS = 200;
const TOKENS = 2000;

const corpus = CORPORA.find((candidate) => candidate.package === (process.argv[2] ?? 'rxjs'));
if (!corpus) throw new Error('No such corpus');
const { train, held } = readCorpus(corpus);
const model = new NgramModel();
for (const { path, text } of train) model.setDocument(path, path, text);
const sourceOf = (files: typeof train) =>
  tokenize(files.map(({ text }) => text).join('\n'))
    .slice(0, TOKENS)
    .join('');
const [text, other] = [sourceOf(held), sourceOf(train)];
const middle = text.indexOf('\n', text.length / 2);

const timed = (what: string, act: (round: number) => void): void => {
  const times = Array.from({ length: ROUNDS }, (_, round) => {
    const start = performance.now();
    act(round);
    return performance.now() - start;
  }).sort((a, b) => a - b);
  const [p50, p95] = [times[ROUNDS / 2]!, times[Math.floor(ROUNDS * 0.95)]!];
  console.log(`${what.padEnd(36)} p50 ${p50.toFixed(2)} ms, p95 ${p95.toFixed(2)} ms`);
};

const { tokens } = model.stats;
console.log(`${corpus.package}: ${tokens} tokens, ${(model.stats.bytes / tokens).toFixed(1)} bytes a token`);
model.setDocument('edited', 'edited', text);
timed('a word typed in the middle', (round) => {
  model.setDocument('edited', 'edited', `${text.slice(0, middle)} word${round}${text.slice(middle)}`);
});
timed('replaced by another text', (round) => model.setDocument('edited', 'edited', round % 2 === 0 ? other : text));
timed('taken out and put back', () => {
  model.removeDocument('edited');
  model.setDocument('edited', 'edited', text);
});
