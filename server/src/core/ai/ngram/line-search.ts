import type { Predictor } from './predictor.js';

/** A token that a line may go on with. */
export interface Step {
  readonly symbol: number;
  readonly text: string;
  readonly probability: number;
}

export interface FoundLine {
  readonly text: string;
  readonly probability: number;
  readonly tokens: number;
}

export interface LineSearch {
  /** The latest token last. */
  readonly context: Int32Array;
  /** What the line may begin with instead of what the context suggests: when a word is half typed. */
  readonly first?: readonly Step[];
  readonly render: (symbol: number) => string;
  /** Whether the line ends before `text`, given what was added so far; undefined: it cannot go on so. */
  readonly ends: (text: string, line: string) => boolean | undefined;
  readonly lines: number;
  readonly maxTokens: number;
  /** Lines that are less probable are given up. */
  readonly minProbability: number;
  /** Of the beginnings of lines that are found too. */
  readonly minBeginning: number;
  /** How many lines are followed at once. */
  readonly beam: number;
  /** How many contexts may be looked up: bounds the time. */
  readonly budget: number;
}

export interface Found {
  /** Best first. The probability of a line includes that it ends there. */
  readonly lines: FoundLine[];
  /** Shortest first. More probable than all lines that begin so. */
  readonly beginnings: FoundLine[];
}

interface Open extends FoundLine {
  readonly context: Int32Array;
}

/** A line that is so much less probable than the best one open is given up: it hardly ever wins, and costs as much. */
const HOPELESS = 0.03;

const byProbability = (a: FoundLine, b: FoundLine) => b.probability - a.probability;

/** The most probable lines, and beginnings of lines, of a beam search. */
export const searchLines = (predictor: Predictor, search: LineSearch): Found => {
  const beginnings: FoundLine[] = [];
  const found = new Map<string, FoundLine>();
  let floor = search.minProbability;
  let { budget } = search;

  const finish = (line: FoundLine) => {
    const known = found.get(line.text);
    found.set(line.text, known ? { ...known, probability: known.probability + line.probability } : line);
    if (found.size < search.lines) return;
    const kept = [...found.values()].sort(byProbability);
    floor = Math.max(floor, kept[search.lines - 1]!.probability);
  };
  const extend = (line: Open, steps: readonly Step[], into: Open[]) => {
    for (const { symbol, text, probability } of steps) {
      const reached = line.probability * probability;
      if (reached < floor || reached === 0) continue;
      const ends = search.ends(text, line.text);
      if (ends === undefined) continue;
      if (ends) finish({ ...line, probability: reached });
      else
        into.push({
          text: line.text + text,
          probability: reached,
          tokens: line.tokens + 1,
          context: shifted(line.context, symbol),
        });
    }
  };

  let beam: Open[] = [{ text: '', probability: 1, tokens: 0, context: search.context }];
  let { first } = search;
  while (beam.length > 0) {
    const next: Open[] = [];
    for (const line of beam) {
      if (line.probability < floor || line.tokens > search.maxTokens || budget-- <= 0) continue;
      extend(line, first ?? likely(predictor, line, search, floor), next);
      first = undefined;
    }
    next.sort(byProbability);
    const least = (next[0]?.probability ?? 0) * HOPELESS;
    beginnings.push(...next.filter(({ probability }) => probability >= search.minBeginning));
    beam = next.slice(0, search.beam).filter(({ probability }) => probability >= least);
  }
  return { lines: [...found.values()].sort(byProbability).slice(0, search.lines), beginnings };
};

const shifted = (context: Int32Array, symbol: number): Int32Array => {
  const next = new Int32Array(context.length);
  next.set(context.subarray(1));
  next[next.length - 1] = symbol;
  return next;
};

const likely = (predictor: Predictor, line: Open, search: LineSearch, floor: number): Step[] => {
  predictor.predict(line.context);
  const least = floor / line.probability;
  return predictor
    .best(search.beam + 1, least)
    .map(({ symbol, probability }) => ({ symbol, probability, text: search.render(symbol) }));
};
