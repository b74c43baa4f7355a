import { leastUncalibrated } from './calibration.js';
import { longestBeginning, type NgramCompletion, wholeLines } from './completions.js';
import { MAX_ORDER } from './gates.js';
import { type Step, searchLines } from './line-search.js';
import { LocalText } from './local-text.js';
import { Predictor } from './predictor.js';
import { ProjectIndex } from './project-index.js';
import { SEEDS, seedWeight } from './seed/seed.js';
import { indentationBefore, MAX_LINE_LENGTH, renderSymbol } from './symbols.js';
import { TextAround } from './text-around.js';
import { isWordLike } from './tokenizer.js';
import { Vocabulary } from './vocabulary.js';
import { WordPredictor } from './word-predictor.js';

export interface NgramOptions {
  /** How many tokens of context count: 1 to 12. */
  readonly order?: number;
  /** How many lines are followed at once. */
  readonly beam?: number;
  /** How many contexts a request may look up: bounds its time (10 to 20 us each). */
  readonly budget?: number;
  /** Of the project; the documents that were changed longest ago are left out beyond. */
  readonly maxTokens?: number;
  /** The first completion is at least this probable, or there is none. */
  readonly threshold?: number;
  /** The others: less than the first by nature (probabilities of different lines share 1), but not noise. */
  readonly alternativeThreshold?: number;
}

export interface Caret {
  readonly documentId: string;
  readonly path: string;
  /** The text up to the caret, and from it. The more there is, the better: what is not here is not known of the open file. */
  readonly prefix: string;
  readonly suffix: string;
}

export interface NgramRequest extends Caret {
  readonly alternatives: number;
  readonly maxTokens: number;
  /** Instead of the model's own: somebody who asks by hand would rather see a guess than nothing. */
  readonly threshold?: number | undefined;
}

const DEFAULTS: Required<NgramOptions> = {
  order: MAX_ORDER,
  beam: 5,
  budget: 160,
  maxTokens: 1_500_000,
  threshold: 0.5,
  alternativeThreshold: 0.1,
};

/** What is read of the open file, in UTF-16 units. */
const ABOVE_LENGTH = 65_536;
const BELOW_LENGTH = 16_384;
/** The start of what is read above moves in such steps, so that typing does not move it. */
const ABOVE_STEP = 16_384;

/** A half-typed word that is the beginning of no known one is complete so often. */
const COMPLETE = 0.3;

/**
 * A statistical model of one project's code: completes lines from what its documents and the open file say after the same
 * tokens. Not thread-safe, no clock: a request's work is bounded by counts. The same documents give the same completions,
 * in whatever order they were set (except that contexts seen more often than predictor.ts samples are sampled, and equal
 * contexts lie there in the order of their coming).
 */
export class NgramModel {
  private readonly options: Required<NgramOptions>;
  private readonly vocabulary = new Vocabulary();
  private readonly above = new LocalText(this.vocabulary);
  private readonly below = new LocalText(this.vocabulary);
  private readonly project: ProjectIndex;
  private readonly predictor: Predictor;
  private readonly words: WordPredictor;
  /** What the weights were computed for. */
  private weighed = '';

  constructor(options: NgramOptions = {}) {
    this.options = { ...DEFAULTS, ...options };
    const { order, maxTokens } = this.options;
    if (!(order >= 1 && order <= MAX_ORDER)) throw new RangeError(`order: 1 to ${MAX_ORDER}`);
    this.project = new ProjectIndex(this.vocabulary, order, maxTokens);
    this.predictor = new Predictor(this.project.store, this.project.index, this.above, this.below, order);
    this.words = new WordPredictor(this.vocabulary, this.project, this.above, this.below, this.predictor, order);
    for (const { id, text } of SEEDS) this.project.pin(id, text);
  }

  /** Adds the document or replaces its text; costs what changed. A repeat changes nothing. */
  setDocument(documentId: string, _path: string, text: string): void {
    this.project.set(documentId, text);
  }

  /** A document that is not there is no error. */
  removeDocument(documentId: string): void {
    this.project.remove(documentId);
  }

  /** Best first, distinct: whole lines; the longest beginning of one when none is probable enough; or []. */
  complete(request: NgramRequest): readonly NgramCompletion[] {
    const { alternativeThreshold, beam, budget } = this.options;
    const { threshold = this.options.threshold } = request;
    const around = new TextAround(request.prefix, request.suffix);
    if (request.alternatives < 1 || around.insideCode || around.before.length > MAX_LINE_LENGTH) return [];
    this.focus(request);
    const render = this.renderer(request.prefix, around);
    const typed = this.typedWord();
    const isBehindWord = typed !== '';
    const found = searchLines(this.predictor, {
      context: this.context(isBehindWord ? 1 : 0),
      first: isBehindWord ? this.wordsFrom(typed) : undefined,
      render,
      ends: (token, line) => around.ends(token, line),
      lines: request.alternatives,
      maxTokens: request.maxTokens,
      minProbability: leastUncalibrated(Math.min(threshold, alternativeThreshold), isBehindWord, 'line'),
      minBeginning: leastUncalibrated(threshold, isBehindWord, 'beginning'),
      beam,
      budget,
    });
    const lines = wholeLines(found, around, isBehindWord);
    if (lines[0] !== undefined && lines[0].probability >= threshold)
      return lines.filter(({ probability }, i) => i === 0 || probability >= alternativeThreshold);
    const beginning = longestBeginning(found, around, isBehindWord, threshold);
    return beginning ? [beginning] : [];
  }

  /** What may come next at the caret, line breaks too, best first: the single step that `complete` searches with. */
  nextTokens(caret: Caret, limit: number): string[] {
    this.focus(caret);
    this.predictor.predict(this.context(0));
    const render = this.renderer(caret.prefix, new TextAround(caret.prefix, caret.suffix));
    return this.predictor.best(limit, 0).map(({ symbol }) => render(symbol));
  }

  /** What the word becomes that the caret stands behind, itself too, best first; [] behind anything else. */
  wordsAt(caret: Caret, limit: number): string[] {
    this.focus(caret);
    const typed = this.typedWord();
    if (typed === '') return [];
    return this.wordsFrom(typed)
      .slice(0, limit)
      .map(({ text }) => typed + text);
  }

  /** `bytes`: of all arrays of the model. */
  get stats(): { documents: number; tokens: number; bytes: number } {
    const { project, vocabulary, above, below, predictor } = this;
    const bytes = [project, vocabulary, above, below, predictor].reduce((sum, part) => sum + part.bytes, 0);
    return { documents: project.size, tokens: project.tokens, bytes };
  }

  private focus({ documentId, path, prefix, suffix }: Caret): void {
    this.above.update(latestLines(prefix));
    this.below.update(suffix.slice(0, BELOW_LENGTH));
    const { project } = this;
    const weighed = `${project.version} ${project.tokens} ${documentId} ${path}`;
    if (weighed === this.weighed) return;
    this.weighed = weighed;
    this.predictor.weights = project.weights((id, pinned) => {
      if (pinned) return seedWeight(id, path, project.tokens);
      // The open document is learned from where its text stands now: above and below the caret.
      return id === documentId ? 0 : 1;
    });
  }

  private renderer(prefix: string, { before }: TextAround): (symbol: number) => string {
    const indentation = indentationBefore(prefix, prefix.length - before.length);
    return (symbol) => renderSymbol(this.vocabulary.text(symbol), indentation);
  }

  /** The last tokens above the caret, without `skip` of them. */
  private context(skip: number): Int32Array {
    const { symbols, size } = this.above;
    const end = Math.max(0, size - skip);
    const context = new Int32Array(this.options.order).fill(-1);
    const tokens = symbols.subarray(Math.max(0, end - context.length), end);
    context.set(tokens, context.length - tokens.length);
    return context;
  }

  /** The word, or the part of it, that the caret stands behind. */
  private typedWord(): string {
    if (this.above.size === 0) return '';
    const text = this.vocabulary.text(this.above.symbols[this.above.size - 1]!);
    return isWordLike(text, 0) ? text : '';
  }

  /** What the half-typed word may become, itself too, and how probable each is given what was typed. */
  private wordsFrom(typed: string): Step[] {
    const { words, unseen } = this.words.predict(this.context(1), typed);
    const self = this.above.symbols[this.above.size - 1]!;
    return words
      .map(({ symbol, probability }) => ({
        symbol,
        text: this.vocabulary.text(symbol).slice(typed.length),
        probability: symbol === self ? probability + unseen * COMPLETE : probability,
      }))
      .filter(({ probability }) => probability > 0)
      .sort((a, b) => b.probability - a.probability)
      .slice(0, this.options.beam + 1);
  }
}

const latestLines = (prefix: string): string => {
  if (prefix.length <= ABOVE_LENGTH) return prefix;
  const start = Math.floor((prefix.length - ABOVE_LENGTH) / ABOVE_STEP) * ABOVE_STEP;
  const lineBreak = prefix.indexOf('\n', start);
  return prefix.slice(lineBreak === -1 ? start : lineBreak + 1);
};
